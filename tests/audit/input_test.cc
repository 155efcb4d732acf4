// SPDX-License-Identifier: Apache-2.0
// The verdict on two input policies against the judge itself: recorded devices, at other places and
// with other serial numbers, decided by both. No device that got in may be missing.
#include <filesystem>
#include <random>
#include <set>

#include "audit/diff/devices.h"
#include "audit/diff/diff.h"
#include "lockdown/device/record.h"
#include "lockdown/judge/propose.h"
#include "tests/support/open_console.h"

namespace bf::audit {
namespace {

using namespace lockdown;
namespace fs = std::filesystem;

constexpr std::string_view kCorpus = BF_SOURCE_DIR "/tests/lockdown/corpus";

std::vector<device::Device> Recorded() {
  std::vector<device::Device> all;
  for (const auto& entry : fs::directory_iterator(kCorpus)) {
    if (entry.path().extension() != ".json") continue;
    auto devices = device::ReadRecord(test::ReadOrDie(entry.path()), entry.path());
    EXPECT_TRUE(devices);
    all.push_back(std::move(devices->front()));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.note < b.note; });
  return all;
}

// The same device at another port and with another serial number.
device::Device Elsewhere(device::Device device, const std::string& port,
                         const std::string& serial) {
  const std::string old = device.usb->name;
  const auto move = [&](std::string& text) { text = test::ReplaceAll(text, old, port); };
  move(device.usb->name);
  move(device.usb->path);
  device.usb->serial = serial;
  for (auto& interface : device.usb->interfaces) move(interface.name);
  for (auto& hid : device.hid) move(hid.path);
  for (auto& input : device.input) move(input.path);
  return device;
}

std::string Entry(const device::Device& device) {
  const auto proposed = ProposeEntry(device);
  if (!proposed) return {};
  return test::Filled(*proposed);
}

const std::string kHead = std::string(test::kOpenConsole) + "window = \"root\"\nreason = \"x\"\n";

// Some of the devices, each with its place, serial number, time and group left open or not.
Policy RandomPolicy(const std::vector<std::string>& entries, std::mt19937_64& random) {
  for (;;) {
    std::string text(kHead);
    for (const std::string& entry : entries) {
      if (random() % 3 != 0) continue;
      std::string more;
      if (random() % 3 == 0) more += "maintenance = true\n";
      if (random() % 3 == 0) more += "group = \"kiosk\"\n";
      const bool usb = entry.find("bus = \"usb\"") != std::string::npos;
      const bool open = entry.find("\nserial") == std::string::npos;
      if (usb && open && random() % 3 == 0) more += "serial = \"17\"\n";
      if (usb && entry.find("\nport") == std::string::npos && random() % 3 == 0)
        more += "port = \"1-3\"\n";
      const auto at = entry.find("bus = ");
      std::string changed = entry;
      changed.insert(at, more);
      text += "\n" + changed;
    }
    if (auto policy = ParsePolicy(text, "input.toml")) return *policy;
  }
}

TEST(InputDiff, AgreesWithTheJudgeOnRandomPolicies) {
  const auto recorded = Recorded();
  std::vector<std::string> entries;
  for (const auto& device : recorded) {
    if (std::string entry = Entry(device); !entry.empty()) entries.push_back(std::move(entry));
  }
  ASSERT_GT(entries.size(), 20u);
  std::vector<device::Device> devices = recorded;
  for (const auto& device : recorded) {
    if (!device.usb) continue;
    for (const char* port : {"1-3", "1-4"}) {
      for (const char* serial : {"17", "18", ""})
        devices.push_back(Elsewhere(device, port, serial));
    }
  }
  std::mt19937_64 random(20261124);
  std::size_t loosened = 0;
  for (int i = 0; i < 40; ++i) {
    const Policy before = RandomPolicy(entries, random);
    const Policy after = RandomPolicy(entries, random);
    std::set<Direction> told;
    std::set<std::string> let_in;
    for (const Change& change : DiffInput(before, after, {})) {
      told.insert(change.direction);
      if (change.direction == Direction::kLoosened) let_in.insert(change.subject);
    }
    for (const auto& device : devices) {
      for (const bool window : {false, true}) {
        const auto was = JudgeAll(before, {window, {}}, device);
        const auto is = JudgeAll(after, {window, {}}, device);
        ASSERT_EQ(was.size(), is.size());
        for (std::size_t k = 0; k < was.size(); ++k) {
          // A group that may open it is more than none, and another one is both.
          const bool looser = (is[k].allowed() && !was[k].allowed()) ||
                              (is[k].allowed() && !is[k].group.empty() &&
                               is[k].group != was[k].group && is[k].gate == Gate::kInput);
          const bool tighter = was[k].allowed() && !is[k].allowed();
          if (looser) {
            EXPECT_TRUE(let_in.contains("allow " + is[k].entry))
                << device.note << ": " << is[k].subject << ", " << is[k].explanation;
          }
          if (tighter) {
            EXPECT_TRUE(told.contains(Direction::kTightened)) << device.note;
          }
          loosened += looser ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(loosened, 100u);
}

// The other way round: who is told of got in by the judge, or would at another place.
TEST(InputDiff, SaysNothingOfTheSameEntriesInAnotherOrder) {
  std::vector<std::string> entries;
  for (const auto& device : Recorded()) {
    if (std::string entry = Entry(device); !entry.empty()) entries.push_back(std::move(entry));
  }
  std::mt19937_64 random(5);
  std::string one(kHead);
  std::string other(kHead);
  std::size_t taken = 0;
  for (const auto& entry : entries) {
    // Devices that differ in the place alone are one entry twice.
    if (!ParsePolicy(one + "\n" + entry, "input.toml")) continue;
    one += "\n" + entry;
    ++taken;
    const auto head = kHead.size();
    other.insert(head, "\n" + entry);
  }
  ASSERT_GT(taken, 20u);
  const auto before = ParsePolicy(one, "input.toml");
  const auto after = ParsePolicy(other, "input.toml");
  ASSERT_TRUE(before && after);
  for (const Change& change : DiffInput(*before, *after, {}))
    ADD_FAILURE() << change.subject << ": " << change.what << ": " << change.witness;
}

}  // namespace
}  // namespace bf::audit
