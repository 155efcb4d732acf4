// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/judge.h"

namespace bf::lockdown::maintenance {
namespace {

using ::testing::HasSubstr;

const std::string kMachine(32, 'a');
const std::string kBoot = "01234567-89ab-cdef-0123-456789abcdef";
const std::string kOtherBoot = "11234567-89ab-cdef-0123-456789abcdef";
const std::string kSignature(128, '7');
const Now kNow{kMachine, kBoot, 50'000};

Policy PolicyWith(lockdown::Window window) {
  Policy policy;
  policy.maintenance.window = {window, {"input.toml", 7, 1}};
  policy.maintenance.longest_ms = {600'000, {}};
  return policy;
}
const Policy kRootPolicy = PolicyWith(lockdown::Window::kRoot);
const Policy kSignedPolicy = PolicyWith(lockdown::Window::kSigned);

Found Holding(std::string text) { return {true, "", std::move(text)}; }

TokenFacts RootFacts() {
  TokenFacts facts;
  facts.token = Holding(ToText(Token{kMachine, 5, 60'000, kBoot, ""}));
  facts.used = Holding(ToText(Used{4}));
  return facts;
}
TokenFacts SignedFacts() {
  TokenFacts facts = RootFacts();
  facts.token = Holding(ToText(Token{kMachine, 5, 60'000, "", kSignature}));
  facts.signature = Signature::kGood;
  return facts;
}

TEST(JudgeToken, ATokenOfRootOpensAWindowOfItsLength) {
  const Start start = JudgeToken(kRootPolicy, RootFacts(), kNow);
  ASSERT_TRUE(start.window.has_value()) << start.why;
  EXPECT_EQ(*start.window, (Window{By::kRoot, 5, kBoot, 50'000, 110'000}));
}

TEST(JudgeToken, ASignedOneInAnyBoot) {
  const Start start = JudgeToken(kSignedPolicy, SignedFacts(), kNow);
  ASSERT_TRUE(start.window.has_value()) << start.why;
  EXPECT_EQ(start.window->by, By::kSignature);
  TokenFacts first = SignedFacts();
  first.used = {};
  EXPECT_TRUE(JudgeToken(kSignedPolicy, first, kNow).window.has_value());
}

TEST(JudgeToken, ThePolicyBoundsTheLength) {
  TokenFacts facts = SignedFacts();
  facts.token = Holding(ToText(Token{kMachine, 5, 3'600'000, "", kSignature}));
  const Start start = JudgeToken(kSignedPolicy, facts, kNow);
  ASSERT_TRUE(start.window.has_value()) << start.why;
  EXPECT_EQ(start.window->until_ms, 650'000);
}

struct Case {
  const char* why;
  const Policy& policy;
  std::function<void(TokenFacts&, Now&)> change;
  bool is_signed = false;
};

TEST(JudgeToken, EveryReasonForClosed) {
  static const Policy off = PolicyWith(lockdown::Window::kOff);
  static const Policy none = [] {
    Policy policy = PolicyWith(lockdown::Window::kRoot);
    policy.maintenance.longest_ms.value = 0;
    return policy;
  }();
  const auto token = [](Token other) {
    return [other](TokenFacts& facts, Now&) { facts.token = Holding(ToText(other)); };
  };
  const std::vector<Case> cases = {
      {"no maintenance window (input.toml:7:1)", off, [](TokenFacts&, Now&) {}},
      {"gives it no time", none, [](TokenFacts&, Now&) {}},
      {"no token", kRootPolicy, [](TokenFacts& facts, Now&) { facts.token = {}; }},
      {"a symlink", kRootPolicy,
       [](TokenFacts& facts, Now&) {
         facts.token = {true, "a symlink", ""};
       }},
      {"the first line", kRootPolicy,
       [](TokenFacts& facts, Now&) { facts.token = Holding("{}\n"); }},
      {"no machine id", kRootPolicy, [](TokenFacts&, Now& now) { now.machine = "uninitialized"; }},
      {"this boot has no id", kRootPolicy, [](TokenFacts&, Now& now) { now.boot = ""; }},
      {"the clock", kRootPolicy, [](TokenFacts&, Now& now) { now.boottime_ms = -1; }},
      {"another device", kRootPolicy, token({std::string(32, 'b'), 5, 60'000, kBoot, ""})},
      {"another boot", kRootPolicy, token({kMachine, 5, 60'000, kOtherBoot, ""})},
      {"names no key", kRootPolicy, token({kMachine, 5, 60'000, kBoot, kSignature})},
      {"says no boot", kRootPolicy, token({kMachine, 5, 60'000, "", ""})},
      {"used before", kRootPolicy,
       [](TokenFacts& facts, Now&) { facts.used = Holding(ToText(Used{5})); }},
      {"used before", kRootPolicy,
       [](TokenFacts& facts, Now&) { facts.used = Holding(ToText(Used{6})); }},
      {"is not known: torn", kRootPolicy,
       [](TokenFacts& facts, Now&) {
         facts.used = {true, "torn", ""};
       }},
      {"is not known: the first line", kRootPolicy,
       [](TokenFacts& facts, Now&) { facts.used = Holding("{}\n"); }},
      {"another device", kSignedPolicy, token({std::string(32, 'b'), 5, 60'000, "", kSignature}),
       true},
      {"another boot", kSignedPolicy, token({kMachine, 5, 60'000, kOtherBoot, kSignature}), true},
      {"is not signed", kSignedPolicy, token({kMachine, 5, 60'000, kBoot, ""}), true},
      {"could not be checked", kSignedPolicy,
       [](TokenFacts& facts, Now&) { facts.signature = Signature::kUnchecked; }, true},
      {"not by the key", kSignedPolicy,
       [](TokenFacts& facts, Now&) { facts.signature = Signature::kBad; }, true},
      {"forgets", kSignedPolicy, [](TokenFacts& facts, Now&) { facts.durable = false; }, true},
      {"used before", kSignedPolicy,
       [](TokenFacts& facts, Now&) { facts.used = Holding(ToText(Used{5})); }, true},
  };
  for (const Case& one : cases) {
    TokenFacts facts = one.is_signed ? SignedFacts() : RootFacts();
    Now now = kNow;
    one.change(facts, now);
    const Start start = JudgeToken(one.policy, facts, now);
    EXPECT_FALSE(start.window.has_value()) << one.why;
    EXPECT_THAT(start.why, HasSubstr(one.why));
  }
}

Found Opened(By by = By::kRoot) { return Holding(ToText(Window{by, 5, kBoot, 50'000, 110'000})); }
Now AtTime(std::int64_t boottime_ms) { return {kMachine, kBoot, boottime_ms}; }

TEST(MaintenanceNow, OpenFromBeginningToEnd) {
  for (const std::int64_t time : {50'000, 80'000, 109'999})
    EXPECT_TRUE(MaintenanceNow(kRootPolicy, Opened(), AtTime(time)).open) << time;
  const State state = MaintenanceNow(kSignedPolicy, Opened(By::kSignature), AtTime(109'999));
  EXPECT_EQ(state.left_ms, 1);
  EXPECT_EQ(state.why, "open for another 1 s");
}

TEST(MaintenanceNow, EveryReasonForClosed) {
  const Policy off = PolicyWith(lockdown::Window::kOff);
  Policy shorter = kRootPolicy;
  shorter.maintenance.longest_ms.value = 59'999;
  const auto closed = [](const Policy& policy, const Found& found, const Now& now,
                         const char* why) {
    const State state = MaintenanceNow(policy, found, now);
    EXPECT_FALSE(state.open) << why;
    EXPECT_EQ(state.left_ms, 0);
    EXPECT_THAT(state.why, HasSubstr(why));
  };
  closed(off, Opened(), kNow, "no maintenance window");
  closed(kRootPolicy, {}, kNow, "nobody opened it");
  closed(kRootPolicy, {true, "it does not belong to root", ""}, kNow, "belong to root");
  // Even with a text that would do.
  closed(kRootPolicy, {true, "odd", Opened().text}, kNow, "odd");
  closed(kRootPolicy, Holding("open"), kNow, "the window:");
  closed(kRootPolicy, Opened(By::kSignature), kNow, "as the policy asks");
  closed(kSignedPolicy, Opened(By::kRoot), kNow, "as the policy asks");
  closed(kRootPolicy, Opened(), {kMachine, kOtherBoot, 60'000}, "another boot");
  closed(kRootPolicy, Opened(), {kMachine, "", 60'000}, "another boot");
  closed(shorter, Opened(), kNow, "longer than the policy");
  closed(kRootPolicy, Opened(), AtTime(49'999), "in the future");
  closed(kRootPolicy, Opened(), AtTime(-1), "in the future");
  closed(kRootPolicy, Opened(), AtTime(110'000), "over");
  closed(kRootPolicy, Opened(), AtTime(1'000'000'000), "over");
  closed(kRootPolicy, Holding(ToText(Window{By::kRoot, 5, kBoot, 110'000, 50'000})),
         AtTime(120'000), "over");
}

}  // namespace
}  // namespace bf::lockdown::maintenance
