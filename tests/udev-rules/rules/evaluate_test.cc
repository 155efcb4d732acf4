// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/evaluate.h"

namespace bf::udev_rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Event Touch() {
  Device node;
  node.devpath =
      "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:0EEF:0001.0001/input/input3/event3";
  node.kernel = "event3";
  node.subsystem = "input";
  node.node = "/dev/input/event3";
  node.properties = {{"MAJOR", "13"}, {"MINOR", "67"}};
  Device input;
  input.kernel = "input3";
  input.subsystem = "input";
  input.attributes = {{"name", "eGalax Touch \"x\"  "}, {"inhibited", "0"}};
  Device usb;
  usb.kernel = "1-1";
  usb.subsystem = "usb";
  usb.driver = "usb";
  usb.attributes = {{"idVendor", "0eef"}, {"idProduct", "0001"}};
  usb.properties = {{"ID_SEAT", "seat7"}};
  Event event;
  event.chain = {node, input, usb};
  return event;
}

Outcome Apply(std::string_view text, const Event& event = Touch()) {
  policy::Diagnostics diagnostics;
  const RuleFile file = ParseRules(text, "t.rules", diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  return Evaluate(std::span(&file, 1), event);
}
std::string Shown(const Decided* decided) {
  return decided == nullptr ? "-" : fmt::format("{} {}", decided->value, decided->at.line);
}

// True if a line with this match is gone into.
bool Holds(const std::string& match, const Event& event = Touch()) {
  return Apply(match + ", ENV{HIT}=\"1\"\n", event).Find("ENV{HIT}") != nullptr;
}

TEST(Evaluate, TheLastWriterDecides) {
  const Outcome outcome = Apply(
      "SUBSYSTEM==\"input\", MODE=\"0660\", GROUP=\"input\"\n"
      "KERNEL==\"event*\", MODE=\"0000\"\n"
      "KERNEL==\"js*\", MODE=\"0666\"\n");
  EXPECT_EQ(Shown(outcome.Find("MODE")), "0000 2");
  EXPECT_EQ(Shown(outcome.Find("GROUP")), "input 1");
  EXPECT_EQ(Shown(outcome.Find("OWNER")), "-");
}

TEST(Evaluate, AFinalValueStays) {
  const Outcome outcome = Apply("MODE:=\"0000\"\nMODE=\"0666\"\nMODE:=\"0777\"\n");
  EXPECT_EQ(Shown(outcome.Find("MODE")), "0000 1");
  ASSERT_EQ(outcome.writes.size(), 3u);
  EXPECT_FALSE(outcome.writes[1].had_effect);
  EXPECT_FALSE(outcome.writes[2].had_effect);
}

TEST(Evaluate, Matches) {
  EXPECT_TRUE(Holds("KERNEL==\"event[0-9]*\""));
  EXPECT_FALSE(Holds("KERNEL==\"event\""));
  EXPECT_TRUE(Holds("KERNEL==\"js*|event*\""));
  EXPECT_TRUE(Holds("KERNEL!=\"js*\""));
  EXPECT_FALSE(Holds("KERNEL!=\"js*|event*\""));
  EXPECT_TRUE(Holds("ACTION==\"add\""));
  EXPECT_TRUE(Holds("DEVPATH==\"*/usb1/*\""));
  EXPECT_TRUE(Holds("DRIVER==\"\""));
  EXPECT_TRUE(Holds("ENV{MAJOR}==\"13\""));
  EXPECT_TRUE(Holds("ENV{NOTHING}==\"\""));
  EXPECT_FALSE(Holds("ENV{NOTHING}!=\"\""));
  EXPECT_TRUE(Holds("ENV{NOTHING}==\"|x\""));
  EXPECT_TRUE(Holds("ENV{NOTHING}!=\"?*\""));
  EXPECT_TRUE(Holds("ENV{ACTION}==\"add\", ENV{DEVNAME}==\"/dev/input/event3\""));
  EXPECT_FALSE(Holds("SUBSYSTEM==\"bus\""));
}

TEST(Evaluate, AnAttributeThatIsNotThereMatchesNothing) {
  EXPECT_FALSE(Holds("ATTR{nothing}==\"x\""));
  EXPECT_FALSE(Holds("ATTR{nothing}!=\"x\""));
  EXPECT_FALSE(Holds("ATTR{nothing}==\"\""));
  EXPECT_FALSE(Holds("ATTRS{nothing}!=\"x\""));
}

TEST(Evaluate, AttributesLoseTheBlanksAtTheirEnd) {
  EXPECT_TRUE(Holds("ATTRS{name}==\"eGalax Touch \\\"x\\\"\""));
  EXPECT_TRUE(Holds("ATTRS{name}==\"eGalax Touch \\\"x\\\"  \""));
  EXPECT_FALSE(Holds("ATTRS{name}==\"eGalax Touch \\\"x\\\" \""));
}

TEST(Evaluate, ParentKeysMeanOneParent) {
  EXPECT_TRUE(Holds("SUBSYSTEMS==\"usb\", ATTRS{idVendor}==\"0eef\", ATTRS{idProduct}==\"0001\""));
  // No single device is both.
  EXPECT_FALSE(Holds("KERNELS==\"input3\", ATTRS{idVendor}==\"0eef\""));
  EXPECT_TRUE(Holds("KERNELS==\"event3\""));
  EXPECT_FALSE(Holds("ATTR{idVendor}==\"0eef\""));
  EXPECT_FALSE(Holds("DRIVERS==\"usbhid\""));
  // Some parent is not of this driver: true for nearly all devices.
  EXPECT_TRUE(Holds("DRIVERS!=\"usb\""));
}

TEST(Evaluate, GotoPassesOver) {
  const Outcome outcome = Apply(
      "SUBSYSTEM!=\"usb\", GOTO=\"end\"\nMODE=\"0666\"\nLABEL=\"end\", TAG+=\"seen\"\n"
      "KERNEL==\"x\", GOTO=\"last\"\nMODE=\"0600\"\nLABEL=\"last\"\n");
  EXPECT_EQ(Shown(outcome.Find("MODE")), "0600 5");
  EXPECT_EQ(Shown(outcome.Find("TAG{seen}")), "seen 3");
}

TEST(Evaluate, TagsComeAndGo) {
  const Outcome outcome = Apply(
      "TAG+=\"uaccess\"\nTAG+=\"power-switch\"\nTAG==\"uaccess\", ENV{A}=\"1\"\n"
      "TAG-=\"uaccess\"\nTAG==\"uaccess\", ENV{B}=\"1\"\nTAG!=\"uaccess\", ENV{C}=\"1\"\n");
  EXPECT_NE(outcome.Find("ENV{A}"), nullptr);
  EXPECT_EQ(outcome.Find("ENV{B}"), nullptr);
  EXPECT_NE(outcome.Find("ENV{C}"), nullptr);
  EXPECT_EQ(outcome.Find("TAG{uaccess}"), nullptr);
  EXPECT_EQ(Shown(outcome.Find("TAG{power-switch}")), "power-switch 2");
  const Outcome only = Apply("TAG+=\"a\"\nTAG=\"b\"\n");
  EXPECT_EQ(only.tags.size(), 1u);
}

TEST(Evaluate, PropertiesAreSetAddedAndRemoved) {
  const Outcome outcome = Apply(
      "ENV{A}=\"1\"\nENV{A}+=\"2\"\nENV{B}+=\"x\"\nENV{MAJOR}==\"13\", ENV{C}=\"$env{A}-%M:%m\"\n"
      "ENV{B}=\"\"\nENV{B}==\"\", ENV{D}=\"gone\"\n");
  EXPECT_EQ(Shown(outcome.Find("ENV{A}")), "1 2 2");
  EXPECT_EQ(Shown(outcome.Find("ENV{C}")), "1 2-13:67 4");
  EXPECT_EQ(Shown(outcome.Find("ENV{D}")), "gone 6");
}

TEST(Evaluate, AttributesAreWrittenAndReadAgain) {
  Event event = Touch();
  event.chain.erase(event.chain.begin());
  const Outcome outcome = Apply(
      "ATTR{inhibited}=\"1\"\nATTR{inhibited}==\"1\", ATTR{inhibited}=\"0\"\n"
      "ATTR{inhibited}==\"0\", ENV{SEEN}=\"0\"\nATTR{inhibited}==\"1\", ENV{SEEN}=\"1\"\n",
      event);
  EXPECT_EQ(Shown(outcome.Find("ATTR{inhibited}")), "0 2");
  // What was read once stays what it was: the value of line 2.
  EXPECT_EQ(Shown(outcome.Find("ENV{SEEN}")), "1 4");
}

TEST(Evaluate, HostileNamesStayData) {
  const Outcome found =
      Apply("ATTRS{name}==\"e*\", ENV{N}=\"$attr{name}\", RUN+=\"/x $attr{name}\"\n");
  EXPECT_EQ(Shown(found.Find("ENV{N}")), "eGalax Touch _x_ 1");
  ASSERT_EQ(found.run.size(), 1u);
  EXPECT_EQ(found.run[0].value, "/x eGalax Touch _x_");
}

TEST(Evaluate, ProgramsAnswerFromTheRecord) {
  Event event = Touch();
  event.answers.programs["decide event3"] = {0, "allow a \"b\"\n\n"};
  event.answers.programs["fails"] = {1, "allow"};
  event.answers.programs["says"] = {0, "A=1\n# no\nB='two words'\n bad\nC=\n"};
  const Outcome outcome = Apply(
      "PROGRAM==\"decide %k\", RESULT==\"allow*\", ENV{R}=\"%c|%c{2}|%c{2+}\"\n"
      "PROGRAM==\"fails\", ENV{X}=\"1\"\n"
      "PROGRAM!=\"fails\", ENV{Y}=\"1\"\n"
      "IMPORT{program}=\"says\", ENV{Z}=\"$env{B}\"\n"
      "PROGRAM==\"unknown\", ENV{X}=\"2\"\n",
      event);
  EXPECT_EQ(Shown(outcome.Find("ENV{R}")), "allow a _b_|a|a _b_ 1");
  EXPECT_EQ(outcome.Find("ENV{X}"), nullptr);
  EXPECT_EQ(Shown(outcome.Find("ENV{Y}")), "1 3");
  EXPECT_EQ(Shown(outcome.Find("ENV{Z}")), "two words 4");
  EXPECT_EQ(Shown(outcome.Find("ENV{A}")), "1 4");
  EXPECT_EQ(outcome.Find("ENV{C}"), nullptr);
  ASSERT_EQ(outcome.unanswered.size(), 1u);
  EXPECT_EQ(outcome.unanswered[0].value, "unknown");
  EXPECT_EQ(outcome.unanswered[0].at.line, 5);
}

TEST(Evaluate, ImportsAnswerFromTheRecord) {
  Event event = Touch();
  event.chain[1].properties = {{"ID_SEAT", "seat1"}, {"ID_X", "y"}};
  event.answers.builtins["path_id"] = Properties{{"ID_PATH", "pci-1"}};
  event.answers.builtins["usb_id"] = std::nullopt;
  event.answers.command_line = {{"quiet", ""}, {"a", "b"}};
  event.answers.database = {{"D", "1"}};
  event.answers.files["/f"] = {{"F", "2"}};
  event.answers.constants = {{"virt", "kvm"}};
  event.answers.sysctl = {{"kernel.sysrq", "0"}};
  const Outcome outcome = Apply(
      "IMPORT{builtin}=\"path_id\", ENV{P}=\"1\"\nIMPORT{builtin}=\"usb_id\", ENV{U}=\"1\"\n"
      "IMPORT{parent}=\"ID_S*\"\nIMPORT{cmdline}=\"quiet\"\nIMPORT{cmdline}=\"none\", "
      "ENV{N}=\"1\"\n"
      "IMPORT{db}=\"D\"\nIMPORT{file}=\"/f\"\nCONST{virt}==\"kvm\", ENV{V}=\"1\"\n"
      "SYSCTL{kernel.sysrq}==\"0\", ENV{S}=\"1\"\n",
      event);
  EXPECT_EQ(Shown(outcome.Find("ENV{ID_PATH}")), "pci-1 1");
  EXPECT_NE(outcome.Find("ENV{P}"), nullptr);
  EXPECT_EQ(outcome.Find("ENV{U}"), nullptr);
  EXPECT_EQ(Shown(outcome.Find("ENV{ID_SEAT}")), "seat1 3");
  EXPECT_EQ(outcome.Find("ENV{ID_X}"), nullptr);
  EXPECT_EQ(Shown(outcome.Find("ENV{quiet}")), "1 4");
  EXPECT_EQ(outcome.Find("ENV{N}"), nullptr);
  EXPECT_EQ(Shown(outcome.Find("ENV{D}")), "1 6");
  EXPECT_EQ(Shown(outcome.Find("ENV{F}")), "2 7");
  EXPECT_NE(outcome.Find("ENV{V}"), nullptr);
  EXPECT_NE(outcome.Find("ENV{S}"), nullptr);
  EXPECT_THAT(outcome.unanswered, IsEmpty());
}

TEST(Evaluate, TestLooksIntoTheRecord) {
  Event event = Touch();
  event.chain[0].attributes = {{"power/control", "auto"}, {"a/b/c", "1"}};
  event.answers.paths = {{"/sys/module/x", 0755}};
  EXPECT_TRUE(Holds("TEST==\"power\"", event));
  EXPECT_TRUE(Holds("TEST==\"power/control\"", event));
  EXPECT_FALSE(Holds("TEST==\"pow\"", event));
  EXPECT_TRUE(Holds("TEST!=\"nothing\"", event));
  EXPECT_TRUE(Holds("TEST==\"/sys/module/x\"", event));
  EXPECT_TRUE(Holds("TEST==\"a/*/c\"", event));
  EXPECT_FALSE(Holds("TEST==\"a/*/d\"", event));
}

TEST(Evaluate, LinksAndRun) {
  const Outcome outcome = Apply(
      "SYMLINK+=\"a b\"\nSYMLINK-=\"a\"\nRUN+=\"x\", RUN{builtin}+=\"kmod load %k\"\n"
      "SYMLINK==\"b\", ENV{L}=\"$links\"\n");
  EXPECT_EQ(Shown(outcome.Find("SYMLINK{b}")), "b 1");
  EXPECT_EQ(outcome.Find("SYMLINK{a}"), nullptr);
  EXPECT_EQ(Shown(outcome.Find("ENV{L}")), "b 4");
  ASSERT_EQ(outcome.run.size(), 2u);
  EXPECT_EQ(outcome.run[1].what, "RUN{builtin}");
  EXPECT_EQ(outcome.run[1].value, "kmod load event3");
  const Outcome replaced = Apply("RUN+=\"x\"\nRUN=\"y\"\nRUN:=\"z\"\nRUN+=\"late\"\n");
  ASSERT_EQ(replaced.run.size(), 1u);
  EXPECT_EQ(replaced.run[0].value, "z");
}

}  // namespace
}  // namespace bf::udev_rules
