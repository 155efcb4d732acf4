// SPDX-License-Identifier: Apache-2.0
// The verdict on two profiles against brute force: every partition point of either is decided by
// both. No call that became possible may be missing from the loosenings.
#include <cstdlib>
#include <set>

#include "audit/diff/calls.h"
#include "audit/diff/diff.h"
#include "audit/diff/sandbox_calls.h"
#include "tests/lockdown/sandbox/random_profile.h"

namespace bf::audit {
namespace {

using namespace lockdown::sandbox;

// A profile, and the same with a few rules changed: what people do.
Profile Mutated(const Profile& profile, std::mt19937_64& random) {
  Profile other = profile;
  const Profile donor = test::RandomProfile(random);
  if (random() % 4 == 0) other.fallback = donor.fallback;
  if (!other.rules.empty() && random() % 2 == 0)
    other.rules.erase(other.rules.begin() +
                      static_cast<std::ptrdiff_t>(random() % other.rules.size()));
  if (!other.rules.empty() && random() % 2 == 0) std::swap(other.rules.front(), other.rules.back());
  for (const Rule& rule : donor.rules) {
    if (random() % 4 != 0) continue;
    // As the reader demands it.
    const bool clash = std::any_of(other.rules.begin(), other.rules.end(), [&](const Rule& one) {
      return one.syscall == rule.syscall && one.action != rule.action &&
             Overlap(one.when, rule.when);
    });
    if (!clash) other.rules.push_back(rule);
  }
  return other;
}

using Kind = std::pair<std::string, int>;  // a system call or "", and the direction

int SignOf(Action before, Action after) {
  return RankOf(after) > RankOf(before) ? 1 : RankOf(after) < RankOf(before) ? -1 : 0;
}

// By brute force, on one architecture.
void AddByForce(const Profile& before, const Profile& after, Arch arch, std::set<Kind>& kinds) {
  const Oracle was(before, arch);
  const Oracle is(after, arch);
  for (const Oracle* oracle : {&was, &is}) {
    ForEachPartitionPoint(*oracle, [&](const Call& call) {
      const Verdict old = was.Decide(call);
      const Verdict now = is.Decide(call);
      const int sign = SignOf(old.action, now.action);
      if (sign == 0) return;
      // Both defaults: one change of everything.
      const Rule* rule = old.rule != nullptr ? old.rule : now.rule;
      kinds.emplace(rule == nullptr ? "" : std::string(rule->syscall->name), sign);
    });
  }
}

TEST(SandboxDiff, AgreesWithBruteForceOnRandomProfiles) {
  const char* asked = std::getenv("BF_AUDIT_PAIRS");
  const int pairs = asked == nullptr ? 200 : std::atoi(asked);
  std::mt19937_64 random(20261124);
  std::size_t loosened = 0;
  for (int i = 0; i < pairs; ++i) {
    SCOPED_TRACE(i);
    const Profile before = test::RandomProfile(random);
    const Profile after = random() % 4 == 0 ? test::RandomProfile(random) : Mutated(before, random);
    std::set<Kind> forced;
    for (const Arch arch : kArches) AddByForce(before, after, arch, forced);
    std::set<Kind> told;
    for (const Shift& shift : ShiftsOf(before, after)) {
      const int sign = SignOf(shift.from, shift.to);
      ASSERT_TRUE(shift.witness);
      const Arch arch =
          shift.witness->arch == AuditArch(Arch::kAarch64) ? Arch::kAarch64 : Arch::kX86_64;
      EXPECT_EQ(SignOf(Oracle(before, arch).Decide(*shift.witness).action,
                       Oracle(after, arch).Decide(*shift.witness).action),
                sign)
          << ToString(*shift.witness);
      if (sign != 0)
        told.emplace(shift.syscall == nullptr ? "" : std::string(shift.syscall->name), sign);
      loosened += sign > 0 ? 1 : 0;
    }
    for (const Kind& kind : forced)
      EXPECT_TRUE(told.contains(kind)) << kind.first << " " << kind.second << " is not told of";
    // The set is exact where the points are samples: it may know more, and has shown it above.
  }
  EXPECT_GT(loosened, 20u) << "the pairs say nothing";
}

TEST(SandboxDiff, AProfileAgainstItselfInAnotherOrder) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 50; ++i) {
    const Profile before = test::RandomProfile(random);
    Profile after = before;
    std::shuffle(after.rules.begin(), after.rules.end(), random);
    EXPECT_TRUE(ShiftsOf(before, after).empty());
  }
}

// The same calls by other rules: a mask in place of four values, and the other way round.
TEST(SandboxDiff, EqualRewritesAreNoChange) {
  Profile four;
  Profile mask;
  for (Profile* profile : {&four, &mask}) profile->fallback.value = {ActionKind::kError, 38};
  const Syscall* lseek = FindSyscall("lseek");
  for (std::uint64_t value = 0; value < 4; ++value)
    four.rules.push_back({lseek, {{1, ~std::uint64_t{0}, value}}, {ActionKind::kAllow}, {}, ""});
  mask.rules.push_back({lseek, {{1, ~std::uint64_t{3}, 0}}, {ActionKind::kAllow}, {}, ""});
  EXPECT_TRUE(ShiftsOf(four, mask).empty());
  EXPECT_TRUE(ShiftsOf(mask, four).empty());
  four.rules.pop_back();
  const auto shifts = ShiftsOf(four, mask);
  ASSERT_EQ(shifts.size(), 1u);
  EXPECT_EQ(shifts.front().witness->arguments[1], 3u);
}

// Three bits of two arguments: all calls there are, each looked at.
TEST(Calls, AgreeWithEnumeration) {
  std::mt19937_64 random(11);
  const auto pick = [&](std::size_t fixed) {
    Calls calls;
    for (std::size_t i = 0; i < 2; ++i) {
      calls.mask[i] = random() % 8;
      if (random() % 3 < fixed) calls.mask[i] |= random() % 8;
      calls.value[i] = random() & calls.mask[i];
    }
    return calls;
  };
  const auto in = [](const Calls& calls, std::uint64_t a, std::uint64_t b) {
    return (a & calls.mask[0]) == calls.value[0] && (b & calls.mask[1]) == calls.value[1];
  };
  std::size_t none = 0;
  for (int i = 0; i < 5000; ++i) {
    const Calls calls = pick(0);
    std::vector<Calls> others(random() % 24);
    for (Calls& other : others) other = pick(1);
    const auto outside = [&](std::uint64_t a, std::uint64_t b) {
      return in(calls, a, b) && std::none_of(others.begin(), others.end(),
                                             [&](const Calls& one) { return in(one, a, b); });
    };
    bool any = false;
    for (std::uint64_t a = 0; a < 8; ++a) {
      for (std::uint64_t b = 0; b < 8; ++b) any = any || outside(a, b);
    }
    const Search search = FindOutside(calls, others);
    ASSERT_FALSE(search.gave_up);
    ASSERT_EQ(search.arguments.has_value(), any) << i;
    if (any) {
      ASSERT_TRUE(outside((*search.arguments)[0], (*search.arguments)[1])) << i;
    }
    none += any ? 0 : 1;
  }
  EXPECT_GT(none, 500u);
}

TEST(Calls, WhatTakesTooLongIsALooseningAndEnds) {
  // Each of many overlapping masks splits what the others left.
  std::vector<Calls> others;
  std::mt19937_64 random(3);
  for (int i = 0; i < 3000; ++i) {
    Calls one;
    for (std::size_t argument = 0; argument < 6; ++argument) {
      one.mask[argument] = random() & random() & random() & random();
      one.value[argument] = random() & one.mask[argument];
    }
    others.push_back(one);
  }
  const Search search = FindOutside({}, others);
  EXPECT_TRUE(search.gave_up || search.arguments.has_value());
}

TEST(Calls, NothingIsOutsideOfItsTwoHalves) {
  Calls low;
  low.mask[0] = 1;
  Calls high = low;
  high.value[0] = 1;
  EXPECT_FALSE(FindOutside({}, {low, high}).arguments);
  EXPECT_FALSE(FindOutside({}, {low, high}).gave_up);
  EXPECT_EQ(FindOutside({}, {low}).arguments->at(0), 1u);
}

}  // namespace
}  // namespace bf::audit
