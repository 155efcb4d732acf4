// SPDX-License-Identifier: Apache-2.0
#include "lockdown/policy/policy.h"

#include "tests/support/golden.h"

namespace bf::lockdown {
namespace {

using test::CasePath;

TEST(InputPolicy, ShippedOneIsValidAndOpensNothing) {
  const auto policy = LoadPolicy(BF_SOURCE_DIR "/policies");
  ASSERT_TRUE(policy) << policy.error().ToString();
  ASSERT_EQ(policy->allows.size(), 1u);
  EXPECT_TRUE(policy->console.reasons.empty());
  EXPECT_EQ(policy->usb.hubs.value, 0);
  EXPECT_EQ(policy->maintenance.window.value, Window::kOff);
  for (const auto& input : policy->allows.front().inputs)
    EXPECT_THAT(PowersOf(input.capabilities.value), testing::IsEmpty());
}

TEST(InputPolicy, WhatTheFileDoesNotSayIsShut) {
  const auto policy = ParsePolicy("schema = 1\n[usb]\n[console]\n[maintenance]\n", "input.toml");
  ASSERT_TRUE(policy) << policy.error().ToString();
  EXPECT_TRUE(policy->allows.empty());
  const Console& console = policy->console;
  EXPECT_EQ(console.sysrq.value, 0);
  EXPECT_FALSE(console.vt_switch.value || console.ctrl_alt_del.value || console.tiocsti.value ||
               console.emergency_shell.value || console.remotes.value || console.ps2.value ||
               console.virtual_keyboards.value);
  EXPECT_TRUE(console.gettys.empty());
  EXPECT_EQ(console.power_keys.value, PowerKeys::kIgnore);
  EXPECT_EQ(console.uinput.value, Nodes::kOff);
  EXPECT_EQ(console.uhid.value, Nodes::kOff);
  EXPECT_EQ(console.bluetooth.value, Bluetooth::kOff);
}

TEST(InputPolicy, HashIsThatOfTheBytes) {
  const std::string text = "schema = 1\n[usb]\n[console]\n[maintenance]\n";
  const auto one = ParsePolicy(text, "a/input.toml");
  const auto same = ParsePolicy(text, "b/input.toml");
  const auto other = ParsePolicy(text + "\n", "a/input.toml");
  ASSERT_TRUE(one && same && other);
  EXPECT_EQ(one->hash.size(), 64u);
  EXPECT_EQ(one->hash, same->hash);
  EXPECT_NE(one->hash, other->hash);
}

// The file as TOML cannot show it: these bytes would not survive an editor.
TEST(InputPolicy, OddBytesAreErrorsWithAPosition) {
  const std::string good = "schema = 1\n[usb]\n[console]\n[maintenance]\n";
  for (const std::string& bad :
       {good + std::string(1, '\0'), good + "x = \"\xff\"\n", std::string("\xff\xfe") + good,
        good + "x = 1e400x\n", std::string(2 << 20, '#')}) {
    const auto policy = ParsePolicy(bad, "input.toml");
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
    EXPECT_TRUE(policy.error().ToString().starts_with("input.toml:")) << policy.error().ToString();
  }
}

TEST(InputPolicy, AHundredThousandEntriesAreRefused) {
  std::string text = "schema = 1\n[usb]\n[console]\n[maintenance]\n";
  for (int i = 0; i < 100'000; ++i) text += "[[allow]]\n";
  const auto policy = ParsePolicy(text, "input.toml");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
  EXPECT_NE(policy.error().ToString().find("more than 4096 entries"), std::string::npos);
}

input::Capabilities WithKeys(std::initializer_list<unsigned> keys) {
  input::Capabilities capabilities;
  capabilities.ev.Set(0);
  capabilities.ev.Set(1);
  for (const unsigned key : keys) capabilities.key.Set(key);
  return capabilities;
}

TEST(Powers, FollowTheKernelsHandlers) {
  using P = Power;
  using testing::ElementsAre;
  EXPECT_THAT(PowersOf(WithKeys({0x14a})), ElementsAre());          // BTN_TOUCH
  EXPECT_THAT(PowersOf(WithKeys({30})), ElementsAre(P::kType));     // KEY_A
  EXPECT_THAT(PowersOf(WithKeys({0x1f1})), ElementsAre(P::kType));  // KEY_BRL_DOT1
  EXPECT_THAT(PowersOf(WithKeys({56})), ElementsAre(P::kType, P::kSysrq, P::kSwitchVt));
  EXPECT_THAT(PowersOf(WithKeys({100, 111})),
              ElementsAre(P::kType, P::kSwitchVt, P::kCtrlAltDel));  // right Alt, Delete
  EXPECT_THAT(PowersOf(WithKeys({116})), ElementsAre(P::kType, P::kPowerKeys));
  input::Capabilities sound;
  sound.ev.Set(18);
  EXPECT_THAT(PowersOf(sound), ElementsAre(P::kSound));
}

class BadPolicy : public testing::TestWithParam<std::string> {};

TEST_P(BadPolicy, GivesEveryDiagnosticAtOnce) {
  const std::string dir = CasePath("policy/bad", GetParam());
  const auto policy = LoadPolicy(dir);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
  test::ExpectGolden(dir + "/expected.txt",
                     test::ReplaceAll(policy.error().ToString(), dir + "/", "") + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, BadPolicy, testing::ValuesIn(test::Cases("policy/bad")),
                         [](const auto& bad) { return bad.param; });

}  // namespace
}  // namespace bf::lockdown
