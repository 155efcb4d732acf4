// SPDX-License-Identifier: Apache-2.0
// What people and programs read.
#include "lockdown/check/report.h"

#include <nlohmann/json.hpp>

#include "tests/lockdown/check/clean_device.h"
#include "tests/support/golden.h"

namespace bf::lockdown::check {
namespace {

std::string WithoutPlaces(const std::string& text) {
  return test::ReplaceAll(text, std::string(BF_TEST_DIR) + "/", "");
}

std::vector<RowResult> Opened(CleanDevice& device) {
  device.Write("proc/sys/kernel/sysrq", "1\n");
  device.Write("etc/udev/rules.d/99-zz.rules",
               "SUBSYSTEM==\"input\", KERNEL==\"input[0-9]*\", ATTR{inhibited}=\"0\"\n");
  device.Write("proc/cmdline", "init=/bin/\x1b[31msh\n");
  return device.Checked();
}

// Every line fits a terminal of 100 columns up to the list of what drifted.
void ExpectNarrow(const std::string& table) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    const auto columns = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    });
    EXPECT_LE(columns, 100) << line;
  }
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(Report, ACleanDevice) {
  const CleanDevice device;
  const auto results = device.Checked();
  ExpectNarrow(ToTable(results));
  test::ExpectGolden(BF_TEST_DIR "/golden/clean.txt", WithoutPlaces(ToTable(results)));
}

TEST(Report, DriftAsTextAndJson) {
  CleanDevice device;
  const auto results = Opened(device);
  ExpectNarrow(ToTable(results));
  const auto json = ToJson(results);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["ok"], false);
  const auto hide = [&](const std::string& text) {
    return WithoutPlaces(test::ReplaceAll(text, device.tree.path(), ""));
  };
  test::ExpectGolden(BF_TEST_DIR "/golden/drift.txt", hide(ToTable(results)));
  test::ExpectGolden(BF_TEST_DIR "/golden/drift.json", hide(ToText(json)));
}

// Anybody can bind a socket at a path of his choice, and its path is evidence.
TEST(Report, NothingThatATerminalActsOnComesOut) {
  static constexpr Row row{"virtual-keyboard", "", "", "", "", Source::kCompositor, nullptr};
  Outcome outcome;
  outcome.evidence =
      "/run/\x1b]0;x\x07/\xc2\x9b"
      "31m/wayland-0";
  outcome.drifts = {"cannot be read"};
  const std::string table = ToTable({{&row, outcome}});
  EXPECT_NE(table.find("[/run/?]0;x?/\xc2"
                       "?31m/wayland-0]"),
            std::string::npos)
      << table;
}

// What policy opens is open with the reason given, and is no drift.
TEST(Report, OpenByPolicy) {
  CleanDevice device(BF_TEST_DIR "/open_policy");
  device.Write("proc/sys/kernel/sysrq", "16\n");
  device.Write("proc/sys/dev/tty/legacy_tiocsti", "1\n");
  device.Node("dev/uinput", 0600);
  device.Node("dev/uhid", 0600);
  device.Node("dev/cec0", 0600);
  device.Append("proc/modules", "uinput 1 0 - Live 0x0\nuhid 1 0 - Live 0x0\n");
  device.Write("sys/fs/cgroup/system.slice/system-getty.slice/getty@tty1.service/x", "");
  device.Link("sys/bus/serio/devices/serio0/driver", "../../drivers/atkbd");
  // This policy allows no panel.
  device.Write("sys/devices/platform/axi/1f00074000.i2c/i2c-10/10-0038/input/input3/inhibited",
               "1\n");
  const auto results = device.Checked();
  EXPECT_FALSE(HasDrift(results)) << ToTable(results);
  test::ExpectGolden(BF_TEST_DIR "/golden/open.txt", WithoutPlaces(ToTable(results)));
}

}  // namespace
}  // namespace bf::lockdown::check
