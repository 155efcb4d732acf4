// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/key_names.h"

namespace bf::lockdown::input {
namespace {

TEST(KeyNames, BothWays) {
  EXPECT_EQ(KeyCode("KEY_A"), 30u);
  EXPECT_EQ(KeyCode("BTN_TOUCH"), 0x14au);
  EXPECT_EQ(KeyCode("KEY_BRL_DOT1"), 0x1f1u);
  EXPECT_EQ(KeyName(30), "KEY_A");
  EXPECT_EQ(KeyName(0x2bf), "0x2bf");
  EXPECT_EQ(SwitchCode("SW_LID"), 0u);
  EXPECT_EQ(SwitchName(0), "SW_LID");
}

TEST(KeyNames, AnAliasIsReadButNotPrinted) {
  EXPECT_EQ(KeyCode("KEY_SCREENLOCK"), KeyCode("KEY_COFFEE"));
  EXPECT_EQ(KeyName(*KeyCode("KEY_SCREENLOCK")), "KEY_COFFEE");
  EXPECT_EQ(KeyName(*KeyCode("BTN_LEFT")), "BTN_MOUSE");
}

TEST(KeyNames, BoundsAndOthersAreNoKeys) {
  for (const char* name : {"KEY_MAX", "KEY_CNT", "KEY_MIN_INTERESTING", "KEY_", "key_a", "EV_KEY",
                           "SW_LID", "", "KEY_A "}) {
    EXPECT_EQ(KeyCode(name), std::nullopt) << name;
  }
  EXPECT_EQ(SwitchCode("SW_MAX"), std::nullopt);
}

TEST(KeyNames, EveryNameIsFoundAgain) {
  EXPECT_GT(KeyNames().size(), 500u);
  for (const CodeName& entry : KeyNames()) {
    EXPECT_EQ(KeyCode(entry.name), entry.code) << entry.name;
    EXPECT_EQ(KeyCode(KeyName(entry.code)), entry.code) << entry.name;
  }
}

}  // namespace
}  // namespace bf::lockdown::input
