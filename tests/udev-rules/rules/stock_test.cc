// SPDX-License-Identifier: Apache-2.0
// The rules that Debian ships, as they are on this machine: all of them are read without complaint,
// and what they make of a keyboard is known line by line.
#include <filesystem>

#include "udev-rules/rules/evaluate.h"
#include "udev-rules/rules/linux_load.h"

namespace bf::udev_rules {
namespace {

using ::testing::Contains;

const RuleSet& Stock() {
  static const RuleSet set = [] {
    policy::Diagnostics diagnostics;
    auto sources = LoadRules("/");
    EXPECT_TRUE(sources.has_value()) << sources.error().ToString();
    // Only the package's, not what somebody has put into /etc here.
    std::erase_if(*sources, [](const RuleSource& source) {
      return source.directory != "/usr/lib/udev/rules.d";
    });
    RuleSet built = BuildRuleSet(*std::move(sources), diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
    return built;
  }();
  return set;
}

Event Keyboard(const std::string& kernel) {
  Device node;
  node.devpath =
      "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:0627:0001.0001/input/input5/" +
      kernel;
  node.kernel = kernel;
  node.subsystem = "input";
  node.node = "/dev/input/" + kernel;
  node.properties = {{"MAJOR", "13"}, {"MINOR", "69"}};
  Device input;
  input.devpath = node.devpath.substr(0, node.devpath.rfind('/'));
  input.kernel = "input5";
  input.subsystem = "input";
  input.attributes = {{"name", "QEMU QEMU USB Keyboard"},
                      {"phys", "usb-0000:00:14.0-1/input0"},
                      {"capabilities/ev", "120013"},
                      {"id/bustype", "0003"}};
  Device interface;
  interface.kernel = "1-1:1.0";
  interface.subsystem = "usb";
  interface.driver = "usbhid";
  interface.attributes = {{"bInterfaceNumber", "00"}};
  Event event;
  event.chain = {node, input, interface};
  event.answers.builtins = {
      {"input_id",
       Properties{{"ID_INPUT", "1"}, {"ID_INPUT_KEY", "1"}, {"ID_INPUT_KEYBOARD", "1"}}},
      {"usb_id", Properties{{"ID_BUS", "usb"}, {"ID_SERIAL", "QEMU_Keyboard"}}},
      {"path_id", Properties{{"ID_PATH", "pci-0000:00:14.0-usb-0:1:1.0"}}},
      {"hwdb --subsystem=input --lookup-prefix=id-input:modalias:", std::nullopt},
      {"hwdb --subsystem=input --lookup-prefix=evdev:", std::nullopt},
      {"keyboard", Properties{}}};
  return event;
}

std::string From(const Decided* decided) {
  if (decided == nullptr) return "-";
  return fmt::format("{} {}", decided->value,
                     std::filesystem::path(decided->at.file).filename().string());
}

TEST(StockRules, AllAreRead) {
  EXPECT_GE(Stock().files.size(), 30u) << "is the package udev installed?";
  std::size_t lines = 0;
  for (const RuleFile& file : Stock().files) lines += file.lines.size();
  EXPECT_GT(lines, 400u);
}

// Each line says which stock file decided what, so that a change of Debian's is noticed.
TEST(StockRules, WhatAKeyboardGets) {
  const Outcome outcome = Evaluate(Stock().files, Keyboard("event5"));
  EXPECT_EQ(From(outcome.Find("GROUP")), "input 50-udev-default.rules");
  EXPECT_EQ(From(outcome.Find("MODE")), "-");
  EXPECT_EQ(From(outcome.Find("ENV{ID_INPUT_KEYBOARD}")), "1 60-input-id.rules");
  EXPECT_EQ(From(outcome.Find("TAG{power-switch}")), "power-switch 70-power-switch.rules");
  EXPECT_EQ(From(outcome.Find("TAG{uaccess}")), "-");
  EXPECT_EQ(From(outcome.Find("SYMLINK{input/by-id/usb-QEMU_Keyboard-event-kbd}")),
            "input/by-id/usb-QEMU_Keyboard-event-kbd 60-persistent-input.rules");
  EXPECT_EQ(From(outcome.Find("SYMLINK{input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-kbd}")),
            "input/by-path/pci-0000:00:14.0-usb-0:1:1.0-event-kbd 60-persistent-input.rules");
}

TEST(StockRules, AJoystickGoesToTheSeat) {
  Event event = Keyboard("js0");
  event.answers.builtins["input_id"] = Properties{{"ID_INPUT", "1"}, {"ID_INPUT_JOYSTICK", "1"}};
  const Outcome outcome = Evaluate(Stock().files, event);
  EXPECT_EQ(From(outcome.Find("MODE")), "0664 50-udev-default.rules");
  EXPECT_EQ(From(outcome.Find("TAG{uaccess}")), "uaccess 70-uaccess.rules");
  std::vector<std::string> run;
  for (const Write& write : outcome.run) run.push_back(write.value);
  EXPECT_THAT(run, Contains("uaccess"));
}

// A rule of ours in between takes it all back.
TEST(StockRules, OursBetweenThemDecide) {
  policy::Diagnostics diagnostics;
  std::vector<RuleFile> files = Stock().files;
  const RuleFile ours = ParseRules(
      "ACTION!=\"remove\", SUBSYSTEM==\"input\", OWNER:=\"root\", GROUP:=\"root\", MODE:=\"0000\", "
      "TAG-=\"uaccess\", TAG-=\"power-switch\"\n",
      "/usr/lib/udev/rules.d/72-ours.rules", diagnostics);
  const auto place = std::find_if(files.begin(), files.end(), [](const RuleFile& file) {
    return BaseName(file.path) > "72-ours.rules";
  });
  files.insert(place, ours);
  Event event = Keyboard("js0");
  event.answers.builtins["input_id"] =
      Properties{{"ID_INPUT", "1"}, {"ID_INPUT_JOYSTICK", "1"}, {"ID_INPUT_KEY", "1"}};
  const Outcome outcome = Evaluate(files, event);
  EXPECT_EQ(From(outcome.Find("MODE")), "0000 72-ours.rules");
  EXPECT_EQ(From(outcome.Find("GROUP")), "root 72-ours.rules");
  EXPECT_EQ(From(outcome.Find("TAG{uaccess}")), "-");
  EXPECT_EQ(From(outcome.Find("TAG{power-switch}")), "-");
  for (const Write& write : outcome.run) EXPECT_NE(write.value, "uaccess");
}

}  // namespace
}  // namespace bf::udev_rules
