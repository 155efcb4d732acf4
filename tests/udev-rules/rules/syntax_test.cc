// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/syntax.h"

#include "udev-rules/rules/unescape.h"

namespace bf::udev_rules {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Parsed {
  RuleFile file;
  std::string diagnostics;
};

Parsed Parse(std::string_view text) {
  policy::Diagnostics diagnostics;
  Parsed parsed;
  parsed.file = ParseRules(text, "t.rules", diagnostics);
  parsed.diagnostics = diagnostics.ToString();
  return parsed;
}
std::string DiagnosticsOf(std::string_view text) { return Parse(text).diagnostics; }

std::vector<std::string> Shown(const Line& line) {
  std::vector<std::string> tokens;
  for (const Token& token : line.tokens) {
    tokens.push_back(token.Shown() + std::string(ToString(token.op)) + token.value);
  }
  return tokens;
}

TEST(RuleSyntax, MatchesComeBeforeWritesWhateverTheOrder) {
  const Parsed parsed = Parse(
      "MODE=\"0600\", KERNEL==\"event*\", TAG+=\"a\" ATTRS{x}!=\"1\",,RUN{builtin}+=\"kmod "
      "load\"\n");
  EXPECT_EQ(parsed.diagnostics, "");
  ASSERT_EQ(parsed.file.lines.size(), 1u);
  EXPECT_THAT(Shown(parsed.file.lines[0]), ElementsAre("KERNEL==event*", "ATTRS{x}!=1", "MODE=0600",
                                                       "TAG+=a", "RUN{builtin}+=kmod load"));
}

TEST(RuleSyntax, EveryKeyInItsForms) {
  EXPECT_EQ(
      DiagnosticsOf(
          "ACTION==\"add\", DEVPATH!=\"/x\", KERNEL==\"a\", NAME==\"b\", SYMLINK==\"c\", "
          "SUBSYSTEM==\"d\", DRIVER==\"e\", ATTR{f}==\"g\", SYSCTL{h}==\"i\", KERNELS==\"j\", "
          "SUBSYSTEMS==\"k\", DRIVERS==\"l\", ATTRS{m}==\"n\", TAGS==\"o\", ENV{p}==\"q\", "
          "CONST{arch}==\"x86-64\", CONST{virt}==\"kvm\", TAG==\"r\", TEST==\"s\", "
          "TEST{0111}==\"t\", PROGRAM==\"u\", RESULT==\"v\", IMPORT{file}==\"w\", LABEL=\"x\"\n"
          "NAME=\"a\", SYMLINK+=\"b\", OWNER=\"c\", GROUP=\"d\", MODE=\"0660\", "
          "SECLABEL{selinux}=\"e\", ATTR{f}=\"g\", SYSCTL{h}=\"i\", ENV{j}+=\"k\", TAG-=\"l\", "
          "RUN+=\"m\", RUN{program}=\"n\", PROGRAM=\"o\", IMPORT{program}=\"p\", "
          "IMPORT{builtin}=\"path_id\", IMPORT{db}=\"q\", IMPORT{cmdline}=\"r\", "
          "IMPORT{parent}=\"s*\", OPTIONS+=\"link_priority=-100\", OPTIONS:=\"nowatch\", "
          "OPTIONS=\"string_escape=replace\", OPTIONS=\"static_node=snd/seq\", "
          "OPTIONS=\"log_level=debug\", OPTIONS=\"db_persist\", GOTO=\"end\"\n"
          "MODE:=\"0000\", OWNER:=\"root\", SYMLINK-=\"x\", NAME:=\"y\", RUN:=\"z\"\n"
          "LABEL=\"end\"\n"),
      "");
}

TEST(RuleSyntax, ContinuedLinesKeepTheirPlaces) {
  const Parsed parsed = Parse(
      "# a comment \\\n"
      "KERNEL==\"a\", \\\n"
      "  # not the end of it\n"
      "   MODE=\"0600\", \\\n"
      "\tGROUP=\"x\"\n"
      "\n"
      "KERNEL==\"b\", MODE=\"0601\"");
  EXPECT_EQ(parsed.diagnostics, "");
  ASSERT_EQ(parsed.file.lines.size(), 2u);
  const Line& line = parsed.file.lines[0];
  EXPECT_EQ(line.at, (SourceRef{"t.rules", 2, 1}));
  ASSERT_EQ(line.tokens.size(), 3u);
  EXPECT_EQ(line.tokens[1].at, (SourceRef{"t.rules", 5, 2}));  // GROUP comes before MODE
  EXPECT_EQ(line.tokens[2].at, (SourceRef{"t.rules", 4, 4}));
  EXPECT_EQ(parsed.file.lines[1].at, (SourceRef{"t.rules", 7, 1}));
}

TEST(RuleSyntax, ValuesOfBothKinds) {
  const Parsed parsed = Parse(
      "ENV{a}=\"x\\\"y\\n\", ENV{b}=e\"x\\\"y\\n\\x41\\u00e9\\101\", ENV{c} = \"#no comment\"\n");
  EXPECT_EQ(parsed.diagnostics, "");
  ASSERT_EQ(parsed.file.lines.size(), 1u);
  EXPECT_THAT(Shown(parsed.file.lines[0]), ElementsAre("ENV{a}=x\"y\\n",
                                                       "ENV{b}=x\"y\nA\xc3\xa9"
                                                       "A",
                                                       "ENV{c}=#no comment"));
}

TEST(RuleSyntax, AQuoteInAValueNeedsItsBackslash) {
  // What a device calls itself must not get out of the quotes: without the backslash it does.
  const Parsed escaped = Parse("ATTR{name}==\"x\\\", RUN+=\\\"/bin/sh\", MODE=\"0\"\n");
  EXPECT_EQ(escaped.diagnostics, "");
  EXPECT_THAT(Shown(escaped.file.lines.at(0)),
              ElementsAre("ATTR{name}==x\", RUN+=\"/bin/sh", "MODE=0"));
  const Parsed open = Parse("ATTR{name}==\"x\", RUN+=\"/bin/sh\", MODE=\"0\"\n");
  EXPECT_EQ(open.file.lines.at(0).tokens.size(), 3u);
}

TEST(RuleSyntax, GotoLeadsToTheNextLabelBelow) {
  const Parsed parsed = Parse(
      "LABEL=\"a\"\nGOTO=\"a\"\nKERNEL==\"x\", MODE=\"0\"\nLABEL=\"a\"\nLABEL=\"a\"\nGOTO=\"a\"\n");
  EXPECT_EQ(parsed.file.lines.at(1).goto_line, 3u);
  EXPECT_EQ(parsed.diagnostics, "t.rules:6:1: no LABEL=\"a\" follows; udev ignores the GOTO");
  EXPECT_EQ(parsed.file.lines.at(5).goto_line, std::string::npos);
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

TEST(RuleSyntax, WhatUdevDoesNotTakeHasAPlace) {
  const Case cases[] = {
      {"KERNAL==\"a\", MODE=\"0\"",
       "1:1: unknown key \"KERNAL\" (did you mean \"KERNEL\"?); udev ignores the line"},
      {"MODE=\"0\", KERNEL", "1:11: a key without an operator; udev ignores the line"},
      {"KERNEL \"a\"", "1:8: an operator is expected here; udev ignores the line"},
      {"KERNEL==a", "1:9: a value in \"\" is expected here; udev ignores the line"},
      {"KERNEL==\"a", "1:9: the value has no end; udev ignores the line"},
      {"KERNEL==\"a\\\"", "1:9: the value has no end; udev ignores the line"},
      {"ENV{a=\"b\"", "1:4: no \"}\" follows; udev ignores the line"},
      {"ENV{a}=e\"\\q\"", "1:8: an escape in the value is not one of C's; udev ignores the line"},
      {"ENV{a}=e\"\\x00\"", "1:8: an escape in the value is not one of C's; udev ignores the line"},
      {"KERNEL=\"a\"", "1:7: KERNEL does not take \"=\"; udev ignores the line"},
      {"MODE==\"0600\"", "1:5: MODE does not take \"==\"; udev ignores the line"},
      {"MODE-=\"0600\"", "1:5: MODE does not take \"-=\"; udev ignores the line"},
      {"GOTO+=\"x\"", "1:5: GOTO does not take \"+=\"; udev ignores the line"},
      {"LABEL==\"x\"", "1:6: LABEL does not take \"==\"; udev ignores the line"},
      {"KERNEL{x}==\"a\"", "1:7: KERNEL takes nothing in braces; udev ignores the line"},
      {"ATTR==\"a\"", "1:5: ATTR needs something in braces; udev ignores the line"},
      {"ENV{}=\"a\"", "1:4: ENV needs something in braces; udev ignores the line"},
      {"IMPORT{x}=\"a\"", "1:1: IMPORT has no type \"x\"; udev ignores the line"},
      {"IMPORT{builtin}=\"x y\"", "1:1: there is no builtin \"x\"; udev ignores the line"},
      {"RUN{x}=\"a\"", "1:1: RUN has no type \"x\"; udev ignores the line"},
      {"CONST{x}==\"a\", MODE=\"0\"", "1:1: CONST has no \"x\"; udev ignores the line"},
      {"TEST{9}==\"a\"", "1:1: \"9\" is no octal mode; udev ignores the line"},
      {"ENV{DEVPATH}=\"a\"", "1:1: ENV{DEVPATH} cannot be set; udev ignores the line"},
      {"MODE+=\"0600\"", "1:5: MODE does not take \"+=\"; udev takes it for \"=\""},
      {"ATTR{x}:=\"1\"", "1:8: ATTR does not take \":=\"; udev takes it for \"=\""},
      {"MODE=\"rw\", TAG+=\"x\"", "1:1: \"rw\" is no octal mode; udev ignores it"},
      {"OPTIONS=\"x\", TAG+=\"x\"", "1:1: \"x\" is no option; udev ignores it"},
      {"ENV{a}=\"$nothing\", TAG+=\"x\"", "1:1: \"$nothing\" is no substitution"},
      {"ENV{a}=\"%E\", TAG+=\"x\"", "1:1: $env needs something in braces"},
      {"KERNEL==\"a\"", "1:1: the line has no effect; udev ignores it"},
      {"MODE=\"0\" \\", "1:1: the file ends inside a continued line; udev ignores it"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(DiagnosticsOf(one.text), fmt::format("t.rules:{}", one.expected)) << one.text;
  }
}

TEST(RuleSyntax, ALineWithAMistakeIsNotRun) {
  // One unknown key, and the whole line is gone: also what it was to forbid.
  EXPECT_THAT(Parse("SUBSYSTEM==\"input\", MODE=\"0000\", TYPO=\"x\"\n").file.lines, IsEmpty());
}

TEST(RuleSyntax, LongLinesEnd) {
  const std::string long_value(17000, 'x');
  EXPECT_THAT(DiagnosticsOf("ENV{a}=\"" + long_value + "\"\nMODE=\"0\"\n"),
              HasSubstr("1:1: the line is too long; udev reads no further"));
  std::string joined = "ENV{a}=\"";
  for (int i = 0; i < 20; ++i) joined += std::string(1000, 'x') + "\\\n";
  const Parsed parsed = Parse(joined + "\"\nMODE=\"0\"\n");
  EXPECT_THAT(parsed.diagnostics, HasSubstr("the line is too long; udev ignores it"));
  EXPECT_EQ(parsed.file.lines.size(), 1u);
}

TEST(RuleSyntax, BytesOfAnyKindAreNoTrouble) {
  EXPECT_THAT(DiagnosticsOf(std::string_view("MODE=\"0\"\0\n", 10)), HasSubstr("NUL"));
  EXPECT_EQ(DiagnosticsOf("ENV{a}=\"\xff\xfe\"\r\n"), "");
  EXPECT_EQ(DiagnosticsOf(""), "");
  EXPECT_EQ(DiagnosticsOf("\n\n   \n,,,\n"),
            "t.rules:4:1: the line has no effect; udev ignores it");
}

TEST(Alternatives, AreBetweenBars) {
  EXPECT_THAT(Alternatives("a|b|"), ElementsAre("a", "b", ""));
  EXPECT_THAT(Alternatives(""), ElementsAre(""));
}

}  // namespace
}  // namespace bf::udev_rules
