// SPDX-License-Identifier: Apache-2.0
// Whatever a policy names, a rules line holds the assignments we wrote and no other. The reader of
// lines here follows udev 252: key, operator, quoted value, in which only \" is an escape.
#include <fnmatch.h>

#include <random>
#include <set>

#include "core/host/file.h"
#include "lockdown/policy/policy.h"
#include "tests/support/golden.h"
#include "udev-rules/compile.h"
#include "udev-rules/value.h"

namespace bf::udev_rules {
namespace {

struct Token {
  std::string key;
  std::string op;
  std::string value;
};

// Nothing where udev would not take the line either.
std::optional<std::vector<Token>> ReadLine(std::string_view line) {
  std::vector<Token> tokens;
  while (true) {
    while (!line.empty() && (line.front() == ' ' || line.front() == ',')) line.remove_prefix(1);
    if (line.empty()) return tokens;
    const auto end = line.find_first_of("=!+-:");
    if (end == line.npos || end == 0) return std::nullopt;
    Token token{std::string(line.substr(0, end)), "", ""};
    line.remove_prefix(end);
    const auto quote = line.find('"');
    if (quote == line.npos || quote > 2) return std::nullopt;
    token.op = std::string(line.substr(0, quote));
    line.remove_prefix(quote + 1);
    while (true) {
      if (line.empty()) return std::nullopt;
      if (line.starts_with("\\\"")) {
        token.value += '"';
        line.remove_prefix(2);
      } else if (line.front() == '"') {
        line.remove_prefix(1);
        break;
      } else {
        token.value += line.front();
        line.remove_prefix(1);
      }
    }
    tokens.push_back(std::move(token));
  }
}

// As udev compares: alternatives by "|", patterns only where there is one of *?[.
bool Matches(const std::string& pattern, const std::string& text) {
  std::size_t at = 0;
  while (true) {
    const auto bar = std::min(pattern.find('|', at), pattern.size());
    const std::string one = pattern.substr(at, bar - at);
    const bool glob = pattern.find_first_of("*?[") != pattern.npos;
    if (glob ? ::fnmatch(one.c_str(), text.c_str(), 0) == 0 : one == text) return true;
    if (bar == pattern.size()) return false;
    at = bar + 1;
  }
}

TEST(Literal, RefusesWhatUdevCannotSay) {
  EXPECT_EQ(Literal("a|b"), std::nullopt);
  EXPECT_EQ(Literal("a\nb"), std::nullopt);
  EXPECT_EQ(Literal(std::string("a\0b", 3)), std::nullopt);
  EXPECT_EQ(Literal("x\", RUN+=\"/bin/sh"), "\"x\\\", RUN+=\\\"/bin/sh\"");
  EXPECT_EQ(Literal("*?["), "\"[*][?][[]\"");
  EXPECT_EQ(Literal("a\\"), "\"a[\\\\]\"");
}

// Random text of the characters that mean something to udev or to fnmatch(3).
TEST(Literal, MatchesItselfAndNothingNearIt) {
  std::mt19937 random(20260101);
  const std::string alphabet = "ab\"\\*?[]!^-,=+:%${} '#eEN";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto length = random() % 12; length-- > 0;) text += alphabet[random() % alphabet.size()];
    if (text.empty()) continue;
    const auto literal = Literal(text);
    ASSERT_TRUE(literal);
    const auto tokens = ReadLine(fmt::format("ATTR{{name}}=={}, ENV{{X}}=\"1\"", *literal));
    ASSERT_TRUE(tokens) << *literal;
    ASSERT_EQ(tokens->size(), 2u) << *literal;
    ASSERT_EQ((*tokens)[1].key, "ENV{X}");
    EXPECT_TRUE(Matches((*tokens)[0].value, text)) << *literal << " and " << text;
    std::string other = text;
    other[random() % other.size()] = alphabet[random() % alphabet.size()];
    if (other != text) {
      EXPECT_FALSE(Matches((*tokens)[0].value, other)) << *literal << " and " << other;
    }
    EXPECT_FALSE(Matches((*tokens)[0].value, text + "a"));
  }
}

// Row 26 of the attack list: names in an entry never become part of the rule.
TEST(Rules, HoldOnlyWhatWeWrote) {
  const std::set<std::string> known = {
      "ACTION", "SUBSYSTEM", "KERNEL", "KERNELS",    "DEVPATH",       "DRIVER",  "OWNER",
      "GROUP",  "MODE",      "TAG",    "LABEL",      "GOTO",          "PROGRAM", "RESULT",
      "RUN",    "OPTIONS",   "TEST",   "IMPORT{db}", "IMPORT{parent}"};
  const auto policy = lockdown::LoadPolicy(BF_TEST_DIR "/policy/golden");
  ASSERT_TRUE(policy) << policy.error().ToString();
  int rules = 0;
  for (const auto& file : Compile(*policy)) {
    std::istringstream lines(file.text);
    std::set<std::string> labels;
    std::set<std::string> gotos;
    for (std::string line; std::getline(lines, line);) {
      ASSERT_LT(line.size(), 16'000u);  // udev's limit is 16384
      if (line.empty() || line.front() == '#') continue;
      const auto tokens = ReadLine(line);
      ASSERT_TRUE(tokens) << file.name << ": " << line;
      ++rules;
      for (const Token& token : *tokens) {
        const bool ours = known.contains(token.key) || token.key.starts_with("ATTR{") ||
                          token.key.starts_with("ATTRS{") || token.key.starts_with("ENV{");
        EXPECT_TRUE(ours) << token.key << " in " << line;
        if (token.key == "LABEL") labels.insert(token.value);
        if (token.key == "GOTO") gotos.insert(token.value);
        if (token.key == "PROGRAM" || (token.key == "RUN" && token.op == "+=")) {
          EXPECT_TRUE(token.value.starts_with("/usr/libexec/betterframe/bf-lockdown-decide "))
              << line;
        }
        // The last word on what runs: nothing that could do anything.
        if (token.key == "RUN" && token.op != "+=") {
          EXPECT_EQ(token.op, ":=") << line;
          EXPECT_EQ(token.value, "/usr/bin/true") << line;
        }
        // A value that is written may come from the kernel's name of the device alone.
        if (token.op == "=" && token.key.starts_with("ATTR{")) {
          EXPECT_TRUE(token.value == "0" || token.value == "1" || token.value == "$kernel") << line;
        }
        // Never what udev itself or hwdb makes of a device.
        EXPECT_EQ(token.key.find("ID_INPUT"), token.key.npos) << line;
      }
    }
    for (const auto& label : gotos) EXPECT_TRUE(labels.contains(label)) << label;
  }
  EXPECT_GT(rules, 50);
}

// What has no entry never gets to ask, and each gate shuts before anything is asked.
TEST(Rules, ShutBeforeTheyAsk) {
  const auto policy = lockdown::LoadPolicy(BF_TEST_DIR "/policy/golden");
  ASSERT_TRUE(policy);
  const std::string text = Compile(*policy).front().text;
  const auto inhibited = text.find("ATTR{inhibited}=\"1\"");
  const auto decide = text.find("decide input");
  ASSERT_NE(inhibited, text.npos);
  ASSERT_NE(decide, text.npos);
  EXPECT_LT(inhibited, decide);
  for (const char* gate : {"usb", "hid", "input"}) {
    const auto ask = text.rfind(fmt::format("decide {} $devpath", gate));
    ASSERT_NE(ask, text.npos);
    const auto section = text.rfind("LABEL=", ask);
    EXPECT_NE(text.substr(section, ask - section).find("ENV{.BF_ENTRY}!=\"1\""), std::string::npos);
  }
}

}  // namespace
}  // namespace bf::udev_rules
