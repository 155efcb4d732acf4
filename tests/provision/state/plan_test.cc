// SPDX-License-Identifier: Apache-2.0
#include "provision/state/plan.h"

#include <nlohmann/json.hpp>

#include "provision/state/accounts.h"
#include "provision/state/apply.h"
#include "provision/state/fake_host.h"
#include "tests/support/golden.h"

namespace bf::provision::state {
namespace {

using test::CasePath;

Policy CasesPolicy() {
  auto policy = LoadPolicy(CasePath("cases", ""));
  if (!policy) ADD_FAILURE() << policy.error().ToString();
  return policy ? *std::move(policy) : Policy{};
}

Facts CaseFacts(const std::string& name) {
  auto facts = FactsFromJson(test::ReadOrDie(CasePath("cases", name) + "/facts.json"));
  if (!facts) ADD_FAILURE() << facts.error().ToString();
  return facts ? *std::move(facts) : Facts{};
}

class PlanCase : public testing::TestWithParam<std::string> {};

TEST_P(PlanCase, IsTheGolden) {
  const Planned planned = MakePlan(CasesPolicy(), CaseFacts(GetParam()));
  std::string text = plan::ToText(planned.steps);
  for (const Problem& problem : planned.problems) {
    text += "problem: " + (problem.at ? problem.at.ToString() + ": " : "") + problem.message + "\n";
  }
  test::ExpectGolden(CasePath("cases", GetParam()) + "/plan.txt",
                     test::ReplaceAll(text, CasePath("cases", ""), ""));
}

TEST_P(PlanCase, IsEmptyOnceCarriedOut) {
  const Policy policy = CasesPolicy();
  Facts facts = CaseFacts(GetParam());
  FakeHost host(facts);
  const Report report = Apply(MakePlan(policy, facts).steps, host);
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(plan::ToText(MakePlan(policy, facts).steps), "nothing to do\n");
}

TEST_P(PlanCase, FactsSurviveJson) {
  const Facts facts = CaseFacts(GetParam());
  const auto again = FactsFromJson(ToJson(facts).dump());
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_EQ(*again, facts);
}

INSTANTIATE_TEST_SUITE_P(Golden, PlanCase, testing::ValuesIn(test::Cases("cases")),
                         [](const auto& one) { return one.param; });

TEST(StateApply, OneFailingEntryLeavesTheOthersAlone) {
  const Policy policy = CasesPolicy();
  Facts facts = CaseFacts("fresh");
  FakeHost host(facts);
  host.FailOn("create", "rauc");
  const Report report = Apply(MakePlan(policy, facts).steps, host);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].find("state/shared/rauc"), std::string::npos) << report.problems[0];
  EXPECT_NE(report.problems[0].find("state.toml:"), std::string::npos) << report.problems[0];
  EXPECT_FALSE(facts.entries["rauc"].at_target.bound);
  EXPECT_TRUE(facts.entries["cache"].at_target.bound);
}

TEST(StateApply, AMissingLimitDoesNotCostTheServiceItsState) {
  const Policy policy = CasesPolicy();
  Facts facts = CaseFacts("fresh");
  FakeHost host(facts);
  host.FailOn("set-quota", "cache");
  const Report report = Apply(MakePlan(policy, facts).steps, host);
  EXPECT_EQ(report.problems.size(), 1u);
  EXPECT_TRUE(facts.entries["cache"].at_target.bound);
}

TEST(StatePlan, NoWalkBeforeTheLastBind) {
  const Policy policy = CasesPolicy();
  Facts facts = CaseFacts("second_boot");
  for (const char* name : {"cache", "app"}) facts.entries[name].at_source.project = 0;
  const auto steps = MakePlan(policy, facts).steps;
  ASSERT_GE(steps.size(), 7u);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(std::holds_alternative<SetProject>(steps[i].action), i + 2 >= steps.size()) << i;
  }
}

TEST(StatePlan, AWalkThatWasNotFinishedGoesOn) {
  const Policy policy = CasesPolicy();
  Facts facts = CaseFacts("already_bound");
  facts.entries["cache"].at_source.walk_pending = true;
  const auto steps = MakePlan(policy, facts).steps;
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<SetProject>(steps[0].action));
}

TEST(StateApply, AWrongOwnerThatStaysIsNotHandedToTheService) {
  const Policy policy = CasesPolicy();
  Facts facts = CaseFacts("wrong_owners");
  FakeHost host(facts);
  host.FailOn("set-owner", "rauc");
  const Report report = Apply(MakePlan(policy, facts).steps, host);
  EXPECT_EQ(report.problems.size(), 1u);
  EXPECT_FALSE(facts.entries["rauc"].at_target.bound);
}

TEST(StateFacts, SlotOfTheCommandLine) {
  EXPECT_EQ(SlotOf("ro rauc.slot=A quiet"), "a");
  EXPECT_EQ(SlotOf("rauc.slot=B\n"), "b");
  EXPECT_EQ(SlotOf("rauc.slot=A rauc.slot=B"), "b");
  EXPECT_EQ(SlotOf("rauc.slot=C"), "");
  EXPECT_EQ(SlotOf("xrauc.slot=A"), "");
  EXPECT_EQ(SlotOf(""), "");
}

TEST(StateFacts, IdsOfPasswdAndGroup) {
  const auto ids = ParseIds(
      "root:x:0:0:root:/root:/bin/sh\nbad\nneg:x:-1:\nall:x:4294967295:\nempty:x::\n:x:5:\n"
      "twice:x:7:\ntwice:x:8:\nhuge:x:99999999999:\ntail:x:1000");
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids.at("root"), 0u);
  EXPECT_EQ(ids.at("twice"), 7u);
  EXPECT_EQ(ids.at("tail"), 1000u);
}

}  // namespace
}  // namespace bf::provision::state
