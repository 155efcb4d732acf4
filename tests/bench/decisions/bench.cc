// SPDX-License-Identifier: Apache-2.0
// Decisions about USB devices per second, ours and libusbguard's. The same devices, and rules that
// say the same; all must decide the same, or there are no figures. Ours is from the bytes of the
// descriptors, hashed and parsed each time; libusbguard's is timed twice, from the same bytes as
// its daemon does it, and from a device that it was handed before, ready for its matcher. Neither
// reads a file; ours has the ids as numbers already. Then how long 1,000 entries take
// to compile, and how one decision's time is spread. Prints JSON.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/hash/sha256.h"
#include "lockdown/compile/compile.h"
#include "lockdown/judge/judge.h"
#include "tests/bench/decisions/usbguard.h"

namespace bf::bench {
namespace {

constexpr int kDevices = 200;
constexpr int kRounds = 7;
constexpr int kSpreadPasses = 50;
constexpr const char* kShut = "schema = 1\n[usb]\n[console]\n[maintenance]\n";

double Seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
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

UsbguardRules::Plugged PluggedOf(const lockdown::device::UsbDevice& usb) {
  return {fmt::format("{:04x}", usb.vendor),
          fmt::format("{:04x}", usb.product),
          usb.product_name,
          usb.serial,
          usb.name,
          usb.descriptors};
}

std::string UsbguardText(const UsbguardRules& usbguard, const lockdown::device::UsbDevice& usb,
                         std::string_view target) {
  return fmt::format(
      "{} id {:04x}:{:04x} serial \"{}\" name \"{}\" hash \"{}\" with-interface {{ 03:00:00 }}",
      target, usb.vendor, usb.product, usb.serial, usb.product_name,
      usbguard.HashOf(PluggedOf(usb)));
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
  double theirs_from_bytes = 1e9;
  double theirs_prepared = 1e9;
};

class Decisions {
 public:
  explicit Decisions(int entries) : entries_(entries) {
    std::string text = kShut;
    for (int i = 0; i < entries; ++i) {
      const Sample listed = MakeDevice(i, true, false);
      text += Entry(listed.usb, i);
      usbguard_.AddRule(UsbguardText(usbguard_, listed.usb, "allow"));
    }
    policy_ = ReadEntries(text);
    for (int i = 0; i < kDevices; ++i) {
      const int number = i * entries / kDevices;  // spread over all entries
      devices_.push_back(MakeDevice(number, i % 2 == 0, i % 4 == 1));
      usbguard_.AddDevice(UsbguardText(usbguard_, devices_.back().usb, "device"));
      plugged_.push_back(PluggedOf(devices_.back().usb));
    }
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const bool listed = devices_[i].listed;
      if (Ours(i) == listed && TheirsFromBytes(i) == listed && TheirsPrepared(i) == listed)
        continue;
      std::fprintf(stderr, "device %zu is decided wrongly\n", i);
      std::exit(1);
    }
  }

  Times Measure() const {
    Times times;
    const int theirs = entries_ > 100 ? 1 : 5;
    for (int round = 0; round < kRounds; ++round) {
      Time(&Decisions::Ours, 20, times.ours);
      Time(&Decisions::TheirsFromBytes, theirs, times.theirs_from_bytes);
      Time(&Decisions::TheirsPrepared, theirs, times.theirs_prepared);
    }
    return times;
  }

  // Seconds of each of many decisions, sorted.
  std::vector<double> Spread() const {
    std::vector<double> seconds;
    for (int pass = 0; pass < kSpreadPasses; ++pass) {
      for (std::size_t i = 0; i < devices_.size(); ++i) {
        const double start = Seconds(CLOCK_MONOTONIC);
        if (Ours(i) != devices_[i].listed) std::abort();
        seconds.push_back(Seconds(CLOCK_MONOTONIC) - start);
      }
    }
    std::sort(seconds.begin(), seconds.end());
    return seconds;
  }

 private:
  bool Ours(std::size_t i) const {
    const auto& usb = devices_[i].usb;
    return lockdown::JudgeInterface(policy_, {}, usb, usb.interfaces[0]).allowed();
  }
  bool TheirsFromBytes(std::size_t i) const { return usbguard_.AllowsPlugged(plugged_[i]); }
  bool TheirsPrepared(std::size_t i) const { return usbguard_.Allows(i); }

  void Time(bool (Decisions::*one)(std::size_t) const, int passes, double& best) const {
    const double start = Seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (int pass = 0; pass < passes; ++pass) {
      for (std::size_t i = 0; i < devices_.size(); ++i) {
        if ((this->*one)(i) != devices_[i].listed) std::abort();
      }
    }
    best = std::min(best, (Seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / (passes * kDevices));
  }

  int entries_;
  lockdown::Policy policy_;
  UsbguardRules usbguard_;
  std::vector<Sample> devices_;
  std::vector<UsbguardRules::Plugged> plugged_;
};

// From the text of a policy to all that it compiles to; the best of some rounds.
double CompileSeconds(int entries) {
  std::string text = kShut;
  for (int i = 0; i < entries; ++i) text += Entry(MakeDevice(i, true, false).usb, i);
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const double start = Seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (lockdown::Compile(ReadEntries(text)).empty()) std::abort();
    best = std::min(best, Seconds(CLOCK_PROCESS_CPUTIME_ID) - start);
  }
  return best;
}

}  // namespace
}  // namespace bf::bench

int main() {
  using bf::bench::Decisions;
  std::printf("{\"decisions\": [");
  const char* comma = "";
  std::vector<double> spread;
  for (const int entries : {1, 30, 1000}) {
    const Decisions decisions(entries);
    const bf::bench::Times times = decisions.Measure();
    std::printf("%s{\"entries\": %d, \"ours\": %.9f, \"from_bytes\": %.9f, \"prepared\": %.9f}",
                comma, entries, times.ours, times.theirs_from_bytes, times.theirs_prepared);
    comma = ", ";
    if (entries == 30) spread = decisions.Spread();
  }
  std::printf("], \"p50\": %.9f, \"p99\": %.9f, \"compile_1000\": %.6f}\n",
              spread[spread.size() / 2], spread[spread.size() * 99 / 100],
              bf::bench::CompileSeconds(1000));
}
