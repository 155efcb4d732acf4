// SPDX-License-Identifier: Apache-2.0
// The rules of the shipped policy among Debian's: what udev would do with a device that is not
// listed, with the panel, and with the panel when decide is of no help.
#include <algorithm>

#include "udev-rules/compile.h"
#include "udev-rules/rules/evaluate.h"
#include "udev-rules/rules/lint.h"
#include "udev-rules/rules/linux_load.h"

namespace bf::udev_rules {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kDirectory = "/usr/lib/udev/rules.d";
const std::string kProgram = "/usr/libexec/betterframe/bf-lockdown-decide";

std::vector<RulesFile> Ours() {
  const auto policy = lockdown::LoadPolicy(BF_SOURCE_DIR "/policies");
  EXPECT_TRUE(policy.has_value()) << policy.error().ToString();
  return policy ? Compile(*policy) : std::vector<RulesFile>();
}

RuleSet SetWith(std::vector<RuleSource> more = {}) {
  auto sources = LoadRules("/");
  EXPECT_TRUE(sources.has_value()) << sources.error().ToString();
  std::erase_if(*sources, [](const RuleSource& source) { return source.directory != kDirectory; });
  for (const RulesFile& file : Ours()) sources->push_back({kDirectory, file.name, file.text});
  for (RuleSource& source : more) sources->push_back(std::move(source));
  policy::Diagnostics diagnostics;
  RuleSet set = BuildRuleSet(*std::move(sources), diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  return set;
}
const RuleSet& Set() {
  static const RuleSet set = SetWith();
  return set;
}

// inputN of the panel, and one that says it is one but has a key more.
Event Input(const std::string& keys) {
  Device input;
  input.devpath =
      "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:222A:0001.0001/input/input3";
  input.kernel = "input3";
  input.subsystem = "input";
  input.attributes = {{"inhibited", "0"},
                      {"name", "ILITEK ILITEK-TP"},
                      {"id/bustype", "0003"},
                      {"id/vendor", "222a"},
                      {"id/product", "0001"},
                      {"id/version", "0111"},
                      {"properties", "2"},
                      {"capabilities/ev", "b"},
                      {"capabilities/key", keys},
                      {"capabilities/rel", "0"},
                      {"capabilities/abs", "260800000000003"},
                      {"capabilities/msc", "0"},
                      {"capabilities/led", "0"},
                      {"capabilities/snd", "0"},
                      {"capabilities/ff", "0"},
                      {"capabilities/sw", "0"}};
  Event event;
  event.chain = {input};
  event.answers.paths = {{kProgram, 0755}};
  // Whatever the builtins of the stock rules say of it is hostile.
  event.answers.builtins["input_id"] = Properties{{"ID_INPUT", "1"},
                                                  {"ID_INPUT_KEY", "1"},
                                                  {"ID_INPUT_JOYSTICK", "1"},
                                                  {"ID_INPUT_KEYBOARD", "1"}};
  return event;
}
constexpr const char* kPanelKeys = "400 0 0 0 0 0";
const std::string kDecide =
    kProgram +
    " input "
    "/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:222A:0001.0001/input/input3";

// A node of that inputN, after the properties that its rules have left.
Event Node(const std::string& kernel, const Outcome& parent) {
  Event event = Input(kPanelKeys);
  Device node;
  node.devpath = event.device().devpath + "/" + kernel;
  node.kernel = kernel;
  node.subsystem = "input";
  node.node = "/dev/input/" + kernel;
  node.properties = {{"MAJOR", "13"}, {"MINOR", "67"}};
  for (const auto& [key, decided] : parent.properties) {
    if (!decided.value.empty()) event.chain[0].properties[key] = decided.value;
  }
  event.chain.insert(event.chain.begin(), node);
  return event;
}

std::string Shown(const Decided* decided) {
  return decided == nullptr ? "-"
                            : fmt::format("{} {}", decided->value, BaseName(decided->at.file));
}
void ExpectShut(const Outcome& outcome) {
  EXPECT_EQ(Shown(outcome.Find("MODE")), "0000 10-betterframe-lockdown.rules");
  EXPECT_EQ(Shown(outcome.Find("OWNER")), "root 10-betterframe-lockdown.rules");
  EXPECT_EQ(Shown(outcome.Find("GROUP")), "root 10-betterframe-lockdown.rules");
  EXPECT_EQ(outcome.Find("TAG{uaccess}"), nullptr);
  EXPECT_EQ(outcome.Find("TAG{power-switch}"), nullptr);
  for (const Write& write : outcome.run) EXPECT_NE(write.value, "uaccess");
}

TEST(ShippedRules, ADeviceThatIsNotListedIsInhibitedAndShut) {
  const Outcome input =
      Evaluate(Set().files, Input("402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe"));
  EXPECT_EQ(Shown(input.Find("ATTR{inhibited}")), "1 10-betterframe-lockdown.rules");
  EXPECT_EQ(Shown(input.Find("ENV{BF_LOCKDOWN}")), "deny 10-betterframe-lockdown.rules");
  for (const Write& asked : input.unanswered) {
    EXPECT_THAT(asked.value, ::testing::Not(HasSubstr("bf-lockdown"))) << "decide was asked";
  }
  for (const char* kernel : {"event3", "js0", "mouse0"}) {
    ExpectShut(Evaluate(Set().files, Node(kernel, input)));
  }
}

TEST(ShippedRules, ThePanelIsOpenOnceDecideSaysSo) {
  Event event = Input(kPanelKeys);
  event.answers.programs[kDecide] = {0, "allow front-panel\n"};
  const Outcome input = Evaluate(Set().files, event);
  EXPECT_EQ(Shown(input.Find("ENV{BF_LOCKDOWN}")), "allow 10-betterframe-lockdown.rules");
  // decide itself writes 0; the rules wrote 1 before they asked.
  EXPECT_EQ(Shown(input.Find("ATTR{inhibited}")), "1 10-betterframe-lockdown.rules");
  const Outcome node = Evaluate(Set().files, Node("event3", input));
  EXPECT_EQ(Shown(node.Find("MODE")), "0600 10-betterframe-lockdown.rules");
  EXPECT_EQ(node.Find("TAG{power-switch}"), nullptr);
  ExpectShut(Evaluate(Set().files, Node("mouse0", input)));
}

TEST(ShippedRules, WithoutAnAnswerThePanelStaysShut) {
  for (const std::optional<ProgramAnswer>& answer :
       {std::optional<ProgramAnswer>(), std::optional<ProgramAnswer>({1, "allow front-panel\n"}),
        std::optional<ProgramAnswer>({0, "deny\n"}), std::optional<ProgramAnswer>({0, ""}),
        std::optional<ProgramAnswer>({0, "allow"}),
        std::optional<ProgramAnswer>({0, "denyallow x"})}) {
    Event event = Input(kPanelKeys);
    if (answer) event.answers.programs[kDecide] = *answer;
    const Outcome input = Evaluate(Set().files, event);
    EXPECT_EQ(Shown(input.Find("ATTR{inhibited}")), "1 10-betterframe-lockdown.rules");
    ExpectShut(Evaluate(Set().files, Node("event3", input)));
  }
}

TEST(ShippedRules, TheJournalIsToldThatDecideIsMissing) {
  const auto told = [](const Event& event) {
    const Outcome input = Evaluate(Set().files, event);
    return std::any_of(input.run.begin(), input.run.end(), [](const Write& write) {
      return write.value == kProgram + " is missing or no program";
    });
  };
  Event event = Input(kPanelKeys);
  EXPECT_FALSE(told(event));
  event.answers.paths[kProgram] = 0644;
  EXPECT_TRUE(told(event));
  event.answers.paths.clear();
  EXPECT_TRUE(told(event));
}

TEST(ShippedRules, RawNodesAreShut) {
  for (const auto& [subsystem, kernel] :
       {std::pair{"hidraw", "hidraw0"}, std::pair{"usbmisc", "hiddev0"},
        std::pair{"misc", "uinput"}, std::pair{"misc", "uhid"}, std::pair{"cec", "cec0"},
        std::pair{"lirc", "lirc0"}}) {
    Event event;
    Device node;
    node.kernel = kernel;
    node.subsystem = subsystem;
    node.node = std::string("/dev/") + kernel;
    node.properties = {{"MAJOR", "1"}, {"ID_SECURITY_TOKEN", "1"}, {"ID_AV_LIGHTS", "1"}};
    event.chain = {node};
    SCOPED_TRACE(kernel);
    ExpectShut(Evaluate(Set().files, event));
  }
}

std::vector<std::string> Found(const RuleSet& set) {
  std::vector<std::string> ours;
  for (const RulesFile& file : Ours()) ours.push_back(file.name);
  std::vector<std::string> found;
  for (const Finding& finding : Lint(set, ours)) {
    found.push_back(
        fmt::format("{} {}: {}", ToString(finding.kind), finding.at.ToString(), finding.message));
  }
  return found;
}

TEST(ShippedRules, WhatComesOnTopIsFound) {
  EXPECT_THAT(Found(SetWith({{"/etc/udev/rules.d", "99-zz.rules",
                              "SUBSYSTEM==\"input\", ATTR{inhibited}=\"0\", TAG+=\"uaccess\"\n"}})),
              ::testing::IsSupersetOf(
                  {"tag /etc/udev/rules.d/99-zz.rules:1:42: gives event3 the tag \"uaccess\", and "
                   "ours do not undo it",
                   "gate /etc/udev/rules.d/99-zz.rules:1:21: writes 0 to ATTR{inhibited}"}));
  EXPECT_THAT(Found(SetWith({{"/run/udev/rules.d", "10-betterframe-lockdown.rules", ""}})),
              ::testing::Contains(AllOf(HasSubstr("masked"), HasSubstr("/run/udev"))));
}

// Debian's own rules do not touch what ours decide, or ours hold against them.
TEST(ShippedRules, NothingOfDebiansUndoesThem) { EXPECT_THAT(Found(Set()), IsEmpty()); }

}  // namespace
}  // namespace bf::udev_rules
