// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/lint.h"

namespace bf::udev_rules {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kOurs = {"72-bf-input.rules"};
constexpr const char* kUsual = "/usr/lib/udev/rules.d";
const RuleSource kOurFile = {
    kUsual, "72-bf-input.rules",
    "SUBSYSTEM==\"input|hidraw|misc|usb\", OWNER:=\"root\", GROUP:=\"root\", MODE:=\"0000\", "
    "TAG-=\"uaccess\", TAG-=\"power-switch\"\n"};
// The same without the last word.
const RuleSource kWeakFile = {kUsual, "72-bf-input.rules", "SUBSYSTEM==\"input\", MODE=\"0000\"\n"};

std::vector<std::string> Lint(std::vector<RuleSource> sources) {
  policy::Diagnostics diagnostics;
  const RuleSet set = BuildRuleSet(std::move(sources), diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  std::vector<std::string> found;
  for (const Finding& finding : udev_rules::Lint(set, kOurs)) {
    found.push_back(
        fmt::format("{} {}: {}", ToString(finding.kind), finding.at.ToString(), finding.message));
  }
  return found;
}
std::vector<std::string> LintWith(const std::string& name, const std::string& text) {
  return Lint({kOurFile, {"/etc/udev/rules.d", name, text}});
}

TEST(Lint, OursAloneAreFine) { EXPECT_THAT(Lint({kOurFile}), IsEmpty()); }

TEST(Lint, AMaskIsFound) {
  EXPECT_THAT(LintWith("72-bf-input.rules", "SUBSYSTEM==\"input\", MODE=\"0666\"\n"),
              ElementsAre("masked /etc/udev/rules.d/72-bf-input.rules: takes the place of "
                          "/usr/lib/udev/rules.d/72-bf-input.rules"));
  EXPECT_THAT(LintWith("72-bf-input.rules", ""),
              ElementsAre("masked /etc/udev/rules.d/72-bf-input.rules: takes the place of "
                          "/usr/lib/udev/rules.d/72-bf-input.rules",
                          "missing 72-bf-input.rules: no directory of rules has it"));
}

TEST(Lint, OursMissingIsFound) {
  EXPECT_THAT(Lint({}), ElementsAre("missing 72-bf-input.rules: no directory of rules has it"));
}

TEST(Lint, WritesToAGateAreFoundAnywhere) {
  for (const char* name : {"10-a.rules", "99-zz.rules"}) {
    EXPECT_THAT(LintWith(name, "KERNEL==\"input*\", ATTR{inhibited}=\"0\"\n"),
                ElementsAre(fmt::format(
                    "gate /etc/udev/rules.d/{}:1:19: writes 0 to ATTR{{inhibited}}", name)));
  }
  EXPECT_EQ(LintWith("10-a.rules", "SUBSYSTEM==\"usb\", ATTR{authorized}=\"1\"\n").size(), 1u);
  EXPECT_EQ(LintWith("10-a.rules", "ATTR{device/inhibited}=\"0\"\n").size(), 1u);
  EXPECT_EQ(LintWith("10-a.rules", "ATTR{[drivers/hid]bind}=\"%k\"\n").size(), 1u);
  EXPECT_EQ(LintWith("10-a.rules", "ATTR{power/$kernel}=\"1\"\n").size(), 1u);
  EXPECT_THAT(LintWith("10-a.rules", "ATTR{power/control}=\"auto\"\n"), IsEmpty());
  EXPECT_THAT(LintWith("10-a.rules", "SUBSYSTEM==\"net\", ATTR{authorized}=\"1\"\n"), IsEmpty());
}

TEST(Lint, AFinalModeOfOursHolds) {
  const std::string open = "SUBSYSTEM==\"input\", MODE=\"0666\"\n";
  EXPECT_THAT(LintWith("50-a.rules", open), IsEmpty());
  EXPECT_THAT(LintWith("99-a.rules", open), IsEmpty());
  const std::string final = "SUBSYSTEM==\"hidraw\", MODE:=\"0666\"\n";
  EXPECT_THAT(LintWith("99-a.rules", final), IsEmpty());
  EXPECT_THAT(LintWith("50-a.rules", final),
              ElementsAre("node /etc/udev/rules.d/50-a.rules:1:22: sets MODE of hidraw0 to "
                          "\"0666\", and ours do not undo it"));
  EXPECT_THAT(LintWith("50-a.rules", "SUBSYSTEM==\"block\", MODE:=\"0666\"\n"), IsEmpty());
  EXPECT_EQ(LintWith("50-a.rules", "KERNEL==\"uinput\", GROUP:=\"users\"\n").size(), 1u);
  // What a property decides may hold.
  EXPECT_EQ(LintWith("50-a.rules", "ENV{X}==\"1\", OWNER:=\"kiosk\"\n").size(), 1u);
}

TEST(Lint, OneThatIsNotFinalHoldsAgainstWhatComesBefore) {
  const auto lint = [](const std::string& name, const std::string& text) {
    return Lint({kWeakFile, {"/etc/udev/rules.d", name, text}});
  };
  const std::string open = "SUBSYSTEM==\"input\", MODE=\"0666\"\n";
  EXPECT_THAT(lint("50-a.rules", open), IsEmpty());
  EXPECT_THAT(lint("99-a.rules", open),
              ElementsAre("node /etc/udev/rules.d/99-a.rules:1:21: sets MODE of event3 to "
                          "\"0666\", and ours do not undo it"));
  // Not theirs to decide.
  EXPECT_THAT(lint("99-a.rules", "SUBSYSTEM==\"hidraw\", MODE=\"0666\"\n"), IsEmpty());
}

TEST(Lint, TagsThatHandANodeOver) {
  EXPECT_THAT(
      LintWith("99-a.rules", "KERNEL==\"event*\", TAG+=\"uaccess\"\n"),
      ElementsAre("tag /etc/udev/rules.d/99-a.rules:1:19: gives event3 the tag \"uaccess\", "
                  "and ours do not undo it"));
  EXPECT_THAT(LintWith("60-a.rules", "KERNEL==\"event*\", TAG+=\"power-switch\"\n"), IsEmpty());
  EXPECT_EQ(LintWith("99-a.rules", "KERNEL==\"event*\", TAG+=\"power-switch\"\n").size(), 1u);
  // Nobody looks for it there.
  EXPECT_THAT(LintWith("99-a.rules", "SUBSYSTEM==\"usb\", TAG+=\"power-switch\"\n"), IsEmpty());
  EXPECT_THAT(LintWith("99-a.rules", "KERNEL==\"event*\", TAG+=\"systemd\"\n"), IsEmpty());
  EXPECT_THAT(LintWith("99-a.rules", "KERNEL==\"event*\", TAG-=\"uaccess\"\n"), IsEmpty());
  EXPECT_EQ(LintWith("99-a.rules", "KERNEL==\"event*\", TAG+=\"$env{T}\"\n").size(), 1u);
  // Ours do not take it away at all.
  EXPECT_EQ(Lint({kWeakFile, {kUsual, "60-a.rules", "KERNEL==\"js0\", TAG+=\"uaccess\"\n"}}).size(),
            1u);
}

TEST(Lint, TheSeatWithoutATag) {
  EXPECT_THAT(
      LintWith("60-a.rules", "KERNEL==\"js*\", RUN{builtin}+=\"uaccess\"\n"),
      ElementsAre("tag /etc/udev/rules.d/60-a.rules:1:16: opens js0 to the seat whatever its "
                  "tags"));
  EXPECT_THAT(LintWith("73-a.rules", "TAG==\"uaccess\", RUN{builtin}+=\"uaccess\"\n"), IsEmpty());
}

TEST(Lint, LinesBehindAGotoForOthersDoNotCount) {
  EXPECT_THAT(
      LintWith("50-a.rules", "SUBSYSTEM!=\"block\", GOTO=\"end\"\nMODE:=\"0666\"\nLABEL=\"end\"\n"),
      IsEmpty());
  EXPECT_EQ(
      LintWith("50-a.rules", "SUBSYSTEM==\"block\", GOTO=\"end\"\nMODE:=\"0666\"\nLABEL=\"end\"\n")
          .size(),
      1u);
}

TEST(Lint, LinesNobodyGetsTo) {
  EXPECT_THAT(LintWith("10-a.rules",
                       "GOTO=\"end\"\nENV{A}=\"1\"\nENV{B}=\"1\"\nLABEL=\"end\"\nENV{C}=\"1\"\n"),
              ElementsAre("unreachable /etc/udev/rules.d/10-a.rules:2:1: every device leaves by a "
                          "GOTO above"));
}

TEST(Lint, KernelSettings) {
  EXPECT_THAT(LintWith("10-a.rules", "SUBSYSTEM==\"net\", SYSCTL{kernel.sysrq}=\"1\"\n"),
              ElementsAre("sysctl /etc/udev/rules.d/10-a.rules:1:19: writes SYSCTL{kernel.sysrq}"));
}

}  // namespace
}  // namespace bf::udev_rules
