// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/token.h"

namespace bf::lockdown::maintenance {
namespace {

const std::string kMachine(32, 'a');
const std::string kBoot = "01234567-89ab-cdef-0123-456789abcdef";
const std::string kSignature(128, '7');

const std::string kText = "betterframe maintenance token 1\nmachine " + kMachine +
                          "\nnumber 12\nfor 600000\nboot any\nsignature " + kSignature + "\n";

TEST(Token, ReadsWhatItWrites) {
  const Token token{kMachine, 12, 600'000, "", kSignature};
  EXPECT_EQ(ToText(token), kText);
  EXPECT_EQ(ParseToken(kText).value(), token);
  const Token root{kMachine, 1, 1, kBoot, ""};
  EXPECT_EQ(ParseToken(ToText(root)).value(), root);
  const Used used{9};
  EXPECT_EQ(ParseUsed(ToText(used)).value(), used);
  const Window window{By::kSignature, 9, kBoot, 5, 6};
  EXPECT_EQ(ParseWindow(ToText(window)).value(), window);
}

TEST(Token, TheSignatureIsOverAllTheRest) {
  const Token token = ParseToken(kText).value();
  EXPECT_EQ(SignedText(token), kText.substr(0, kText.find("signature")));
}

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = kText;
  const auto at = text.find(from);
  if (at == text.npos) throw std::runtime_error("no " + from);
  return text.replace(at, from.size(), to);
}

TEST(Token, AnythingOddIsNone) {
  for (const std::string& text : std::vector<std::string>{
           "",
           "\n",
           kText.substr(0, kText.size() - 1),
           kText + "\n",
           kText + kText,
           " " + kText,
           "\xef\xbb\xbf" + kText,
           Replaced("token 1", "token 2"),
           Replaced("token 1", "window 1"),
           Replaced("\n", "\r\n"),
           Replaced("machine aa", "machine AA"),
           Replaced("machine " + kMachine, "machine " + std::string(32, '0')),
           Replaced("machine " + kMachine, "machine " + std::string(31, 'a')),
           Replaced("machine " + kMachine + "\n", ""),
           Replaced("number 12", "number 0"),
           Replaced("number 12", "number -1"),
           Replaced("number 12", "number 012"),
           Replaced("number 12", "number +12"),
           Replaced("number 12", "number 12 "),
           Replaced("number 12", "number 9007199254740992"),
           Replaced("number 12", "number 99999999999999999999999"),
           Replaced("number 12", "number\t12"),
           Replaced("for 600000", "for 0"),
           Replaced("for 600000", "for 10min"),
           Replaced("boot any", "boot ANY"),
           Replaced("boot any", "boot "),
           Replaced("boot any", "boot 0123456789ab"),
           Replaced("boot any", "boot 01234567-89ab-cdef-0123-456789abcdeF"),
           Replaced("boot any\n", "boot any\nboot any\n"),
           Replaced("signature 7", "signature g"),
           Replaced("signature 77", "signature 7"),
           Replaced("signature " + kSignature, "signature"),
           std::string(kText).insert(5, 1, '\0'),
           std::string(2000, 'x'),
           kText.substr(0, kText.size() - 1) + std::string(2000, ' ') + "\n"}) {
    EXPECT_FALSE(ParseToken(text).has_value()) << text;
  }
}

TEST(Token, OneKindIsNotAnother) {
  const std::string used = ToText(Used{3});
  const std::string window = ToText(Window{By::kRoot, 3, kBoot, 1, 2});
  EXPECT_FALSE(ParseToken(used).has_value());
  EXPECT_FALSE(ParseUsed(kText).has_value());
  EXPECT_FALSE(ParseUsed(used + "x").has_value());
  EXPECT_FALSE(ParseUsed("betterframe maintenance used 1\nnumber 0\n").has_value());
  EXPECT_FALSE(ParseWindow(kText).has_value());
  EXPECT_FALSE(ParseWindow(window + "\n").has_value());
}

}  // namespace
}  // namespace bf::lockdown::maintenance
