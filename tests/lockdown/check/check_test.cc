// SPDX-License-Identifier: Apache-2.0
// Each way out is opened by itself on a device that is otherwise shut, and each time exactly its
// row turns red. A row that no case can make red is not tested, and fails here.
#include <functional>
#include <set>
#include <thread>

#include "tests/lockdown/check/openings.h"
#include "tests/support/golden.h"

namespace bf::lockdown::check {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::set<std::string> RedRows(const std::vector<RowResult>& results) {
  std::set<std::string> red;
  for (const auto& [row, outcome] : results)
    if (outcome.verdict() == Verdict::kDrift) red.emplace(row->name);
  return red;
}

std::string Drifts(const std::vector<RowResult>& results) {
  std::string text;
  for (const auto& [row, outcome] : results)
    for (const auto& one : outcome.drifts) text += fmt::format("{}: {}\n", row->name, one);
  return text;
}

std::vector<Opening> Openings() {
  std::vector<Opening> all = InputOpenings();
  all.insert(all.end(), SandboxOpenings().begin(), SandboxOpenings().end());
  return all;
}

TEST(EscapeMatrix, ADeviceAsThePolicyWantsItIsShut) {
  const CleanDevice device;
  const auto results = device.Checked();
  EXPECT_EQ(Drifts(results), "");
  EXPECT_EQ(results.size(), Rows().size());
}

TEST(EscapeMatrix, EachOpeningTurnsItsRowsRedAndNoOther) {
  for (const Opening& opening : Openings()) {
    CleanDevice device;
    opening.open(device);
    const auto results = device.Checked();
    EXPECT_EQ(RedRows(results), opening.red) << opening.what << "\n" << Drifts(results);
  }
}

// Rows that the tree cannot open; tests below do.
const std::set<std::string> kByFacts = {"maintenance"};

TEST(EscapeMatrix, EachRowHasAnOpening) {
  std::set<std::string> covered = kByFacts;
  for (const Opening& opening : Openings()) covered.insert(opening.red.begin(), opening.red.end());
  for (const Row& row : Rows())
    EXPECT_TRUE(covered.contains(std::string(row.name))) << row.name << " is never red";
  EXPECT_EQ(covered.size(), Rows().size());
}

TEST(EscapeMatrix, WhatIsNotReadIsDrift) {
  const CleanDevice device;
  const auto results = Check(device.policy, device.expected, Facts{});
  for (const auto& [row, outcome] : results)
    EXPECT_EQ(outcome.verdict(), Verdict::kDrift) << row->name;
}

TEST(EscapeMatrix, ARootWithNothingInItIsDriftInEveryRowThatReadsTheKernel) {
  const testing_support::TempTree empty;
  const CleanDevice device;
  const auto red =
      RedRows(Check(device.policy, device.expected, Observe(empty.path(), device.policy, {})));
  for (const char* row : {"sysrq", "cmdline-usb", "hid-autoprobe", "inhibited", "rules-files",
                          "event-nodes", "apply", "power-key", "getty-screen"})
    EXPECT_TRUE(red.contains(row)) << row;
}

TEST(EscapeMatrix, AWindowThatPolicyDoesNotHaveIsDrift) {
  const CleanDevice device;
  Facts facts = device.Observed();
  facts.maintenance = true;
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)),
            std::set<std::string>{"maintenance"});
}

// bluetoothd pairs without an agent, or takes input without a bond, where its own files say so.
TEST(EscapeMatrix, BluetoothWithAFileOfItsOwnIsDrift) {
  const std::string ours = "usr/share/betterframe/lockdown/bluetooth-";
  const std::string unit = "usr/lib/systemd/system/bluetooth.service";
  const auto drifts = [&](const std::function<void(CleanDevice&)>& open) {
    CleanDevice device(BF_TEST_DIR "/open_policy");
    device.Write(unit, "[Service]\nExecStart=/usr/libexec/bluetooth/bluetoothd\n");
    open(device);
    for (const auto& [row, outcome] : device.Checked())
      if (row->name == "bluetooth") return outcome.drifts;
    return std::vector<std::string>{"no such row"};
  };
  EXPECT_THAT(drifts([](CleanDevice&) {}), IsEmpty());
  EXPECT_THAT(drifts([&](CleanDevice& d) {
                d.Replace(ours + "main.conf", "AlwaysPairable=false", "AlwaysPairable=true");
              }),
              ElementsAre("AlwaysPairable is true"));
  EXPECT_THAT(drifts([&](CleanDevice& d) {
                d.Replace(ours + "main.conf", "JustWorksRepairing=never", "");
              }),
              ElementsAre("JustWorksRepairing is not set"));
  EXPECT_THAT(drifts([&](CleanDevice& d) {
                d.Replace(ours + "input.conf", "ClassicBondedOnly=true", "ClassicBondedOnly=false");
              }),
              ElementsAre("ClassicBondedOnly is false"));
  EXPECT_THAT(drifts([&](CleanDevice& d) { d.Remove(ours + "main.conf"); }),
              ElementsAre("/" + ours + "main.conf is not there"));
  EXPECT_THAT(drifts([&](CleanDevice& d) {
                d.Write("etc/systemd/system/bluetooth.service.d/50-betterframe-lockdown.conf", "");
              }),
              ElementsAre("bluetooth.service does not get to see /" + ours + "input.conf",
                          "bluetooth.service does not get to see /" + ours + "main.conf"));
  const auto with = [&](const std::string& lines) {
    return drifts([&](CleanDevice& d) {
      d.Write("etc/systemd/system/bluetooth.service.d/99.conf", "[Service]\n" + lines);
    });
  };
  EXPECT_THAT(with("BindReadOnlyPaths=/etc/mine.conf:/etc/bluetooth/input.conf\n"),
              ElementsAre("/etc/mine.conf:/etc/bluetooth/input.conf is bound over "
                          "/etc/bluetooth/input.conf"));
  EXPECT_THAT(
      with("BindPaths=/srv/x:/srv/y -/srv/mine:/etc/bluetooth/:rbind\n"),
      ElementsAre("-/srv/mine:/etc/bluetooth/:rbind is bound over /etc/bluetooth/input.conf",
                  "-/srv/mine:/etc/bluetooth/:rbind is bound over /etc/bluetooth/main.conf"));
  EXPECT_THAT(with("BindReadOnlyPaths=/etc/bluetooth/input.conf\n"),
              ElementsAre("/etc/bluetooth/input.conf is bound over /etc/bluetooth/input.conf"));
  EXPECT_THAT(with("BindReadOnlyPaths=/etc/bluetooth2 /etc/blue\n"), IsEmpty());
  EXPECT_THAT(with("ExecStart=\nExecStart=/usr/libexec/bluetooth/bluetoothd -f /etc/mine.conf\n"),
              ElementsAre("bluetooth.service is started with -f: it reads another file"));
  EXPECT_THAT(with("TemporaryFileSystem=/etc\n"),
              ElementsAre("bluetooth.service has TemporaryFileSystem=/etc"));
}

// What a build for another architecture leaves to the default is no drift, but it is said.
TEST(EscapeMatrix, RulesThatTheDefaultStandsForAreCounted) {
  const auto in_effect = [](const CleanDevice& device) {
    for (const auto& [row, outcome] : device.Checked())
      if (row->name == "sandbox-files") return outcome.in_effect;
    return std::string();
  };
  CleanDevice device;
  EXPECT_EQ(in_effect(device), "each does what its text says");
  const auto arch = sandbox::NativeArch() == sandbox::Arch::kX86_64 ? sandbox::Arch::kAarch64
                                                                    : sandbox::Arch::kX86_64;
  const auto made = sandbox::CompileProfile(device.expected.profiles.back(), arch).value();
  device.Write("usr/lib/betterframe/sandbox/kiosk.filter",
               sandbox::Encode(sandbox::StoredFrom(made.profile, arch, made.program)));
  EXPECT_TRUE(in_effect(device).starts_with("each does what its text says, ")) << in_effect(device);
}

// What has just been started has no filter yet; what stays so is drift.
TEST(EscapeMatrix, AProcessThatIsBeingStartedIsLookedAtAgain) {
  CleanDevice device;
  const std::string status = device.tree.Read("proc/502/status");
  device.Replace("proc/502/status", "Name:\tservice", "Name:\tbf-lockdown-exe");
  device.Replace("proc/502/status", "Seccomp:\t2", "Seccomp:\t0");
  EXPECT_EQ(RedRows(device.Checked()), std::set<std::string>{"sandbox-processes"});
  std::thread starts([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    device.Write("proc/502/next", status);
    std::filesystem::rename(device.tree / "proc/502/next", device.tree / "proc/502/status");
  });
  const auto results = device.Checked();
  starts.join();
  EXPECT_EQ(Drifts(results), "");
}

// The keymap is read by ioctl, which a tree of files does not answer.
TEST(EscapeMatrix, ChordsCountWhenSomethingCanSendThem) {
  const CleanDevice device;
  Facts facts = device.Observed();
  facts.keymap = {true, 12, 1, ""};
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)), std::set<std::string>{});
  for (auto& one : facts.devices.items)
    for (auto& node : one.input) node.inhibited = false;
  const std::set<std::string> red = {"inhibited", "vt-switch", "secure-attention"};
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)), red);
}

TEST(EscapeMatrix, AnAclIsMoreThanTheModeSays) {
  const CleanDevice device;
  Facts facts = device.Observed();
  for (auto& node : facts.nodes.items) node.acl = node.path == "/dev/input/event4";
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)),
            std::set<std::string>{"event-nodes"});
}

TEST(EscapeMatrix, NodesOfOthersThanRootAreDrift) {
  const CleanDevice device;
  Facts facts = device.Observed();
  for (auto& node : facts.nodes.items) node.uid = 1000;
  const std::set<std::string> red = {"event-nodes", "usb-nodes", "remotes", "uinput", "uhid"};
  EXPECT_EQ(RedRows(Check(device.policy, device.expected, facts)), red);
}

}  // namespace
}  // namespace bf::lockdown::check
