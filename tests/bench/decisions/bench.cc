// SPDX-License-Identifier: Apache-2.0
// Decisions about USB devices per second: ours from the bytes of the descriptors (read and hashed
// each time), libusbguard's from a device it has parsed before. The same devices, and rules that
// say the same; both must decide the same, or there are no figures. Prints JSON.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "core/hash/sha256.h"
#include "lockdown/judge/judge.h"
#include "tests/bench/decisions/usbguard.h"

namespace bf::bench {
namespace {

constexpr int kDevices = 200;
constexpr int kRounds = 7;

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Sample {
  lockdown::device::UsbDevice usb;
  bool listed = false;
};

// A touch panel with its number in its ids and name. Every second one is listed, and of the others
// half share all but the descriptors with an entry: the hardest to turn away.
Sample MakeDevice(int number, bool listed, bool clone) {
  Sample sample;
  sample.listed = listed;
  lockdown::device::UsbDevice& usb = sample.usb;
  usb.name = "1-1";
  usb.path = "/devices/pci0000:00/0000:00:14.0/usb1/1-1";
  usb.vendor = static_cast<std::uint16_t>(listed || clone ? 0x222a : 0x4711);
  usb.product = static_cast<std::uint16_t>(number);
  usb.version = 0x0211;
  usb.product_name = fmt::format("Panel {}", number);
  usb.serial = fmt::format("S{:06}", number);
  const auto byte = [](unsigned value) { return static_cast<char>(value & 0xff); };
  const unsigned id = usb.product;
  for (const unsigned value : {18u,
                               1u,
                               0u,
                               2u,
                               0u,
                               0u,
                               0u,
                               64u,
                               unsigned{usb.vendor},
                               usb.vendor / 256u,
                               id,
                               id / 256,
                               0x11u,
                               2u,
                               1u,
                               2u,
                               3u,
                               1u,  // device
                               9u,
                               2u,
                               34u,
                               0u,
                               1u,
                               1u,
                               0u,
                               0xa0u,
                               clone ? 49u : 50u,  // configuration
                               9u,
                               4u,
                               0u,
                               0u,
                               1u,
                               3u,
                               0u,
                               0u,
                               0u,  // interface
                               9u,
                               0x21u,
                               0x11u,
                               1u,
                               0u,
                               1u,
                               0x22u,
                               0x90u,
                               1u,  // HID
                               7u,
                               5u,
                               0x81u,
                               3u,
                               64u,
                               0u,
                               1u}) {  // endpoint
    usb.descriptors += byte(value);
  }
  usb.interfaces.push_back({"1-1:1.0", 0, {3, 0, 0}, false, ""});
  return sample;
}

std::string Entry(const lockdown::device::UsbDevice& usb, int number) {
  return fmt::format(
      "[[allow]]\nname = \"panel-{}\"\nreason = \"bench\"\nowner = \"bench@example.org\"\n"
      "bus = \"usb\"\nvendor = \"{:04x}\"\nproduct = \"{:04x}\"\nversion = \"0211\"\n"
      "device_name = \"{}\"\nserial = \"{}\"\ninterfaces = [\"03/00/00\"]\n"
      "descriptors = \"sha256:{}\"\nreport_descriptors = [\"sha256:{:064x}\"]\n"
      "[[allow.input]]\nname = \"panel\"\nid = \"0003:{:04x}:{:04x}:0111\"\n"
      "capabilities = {{ ev = \"b\", key = \"400 0 0 0 0 0\", abs = \"260800000000003\", "
      "properties = \"2\" }}\n",
      number, usb.vendor, usb.product, usb.product_name, usb.serial, hash::HashOf(usb.descriptors),
      number, usb.vendor, usb.product);
}

// USBGuard's hash is text to its matcher; ours stands for it.
std::string UsbguardText(const lockdown::device::UsbDevice& usb, std::string_view target) {
  return fmt::format(
      "{} id {:04x}:{:04x} serial \"{}\" name \"{}\" hash \"{}\" with-interface {{ 03:00:00 }}",
      target, usb.vendor, usb.product, usb.serial, usb.product_name, hash::HashOf(usb.descriptors));
}

lockdown::Policy ReadEntries(const std::string& text) {
  auto policy = lockdown::ParsePolicy(text, "bench.toml");
  if (!policy) {
    std::fprintf(stderr, "%s\n", policy.error().ToString().c_str());
    std::exit(1);
  }
  return *std::move(policy);
}

// CPU seconds for one decision about one device; the best of the rounds, which alternate.
struct Times {
  double ours = 1e9;
  double theirs = 1e9;
};

Times Measure(int entries) {
  std::string text = "schema = 1\n";
  std::vector<std::string> rules;
  for (int i = 0; i < entries; ++i) {
    const Sample listed = MakeDevice(i, true, false);
    text += Entry(listed.usb, i);
    rules.push_back(UsbguardText(listed.usb, "allow"));
  }
  const lockdown::Policy policy = ReadEntries(text);
  UsbguardRules usbguard(rules);
  std::vector<Sample> devices;
  for (int i = 0; i < kDevices; ++i) {
    const int number = i * entries / kDevices;  // spread over all entries
    devices.push_back(MakeDevice(number, i % 2 == 0, i % 4 == 1));
    usbguard.AddDevice(UsbguardText(devices.back().usb, "device"));
  }
  const auto decide = [&](std::size_t i) {
    const auto& usb = devices[i].usb;
    return lockdown::JudgeInterface(policy, {}, usb, usb.interfaces[0]).allowed();
  };
  for (std::size_t i = 0; i < devices.size(); ++i) {
    if (decide(i) == devices[i].listed && usbguard.Allows(i) == devices[i].listed) continue;
    std::fprintf(stderr, "device %zu is decided wrongly\n", i);
    std::exit(1);
  }
  Times times;
  const auto time = [&](const std::function<bool(std::size_t)>& one, int passes, double& best) {
    const double start = CpuSeconds();
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t i = 0; i < devices.size(); ++i) {
        if (one(i) != devices[i].listed) std::abort();
      }
    }
    best = std::min(best, (CpuSeconds() - start) / (passes * kDevices));
  };
  for (int round = 0; round < kRounds; ++round) {
    time(decide, 20, times.ours);
    time([&](std::size_t i) { return usbguard.Allows(i); }, entries > 100 ? 1 : 5, times.theirs);
  }
  return times;
}

}  // namespace
}  // namespace bf::bench

int main() {
  std::printf("[");
  const char* comma = "";
  for (const int entries : {1, 30, 1000}) {
    const bf::bench::Times times = bf::bench::Measure(entries);
    std::printf("%s{\"entries\": %d, \"ours\": %.9f, \"usbguard\": %.9f}", comma, entries,
                times.ours, times.theirs);
    comma = ", ";
  }
  std::printf("]\n");
}
