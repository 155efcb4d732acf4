// SPDX-License-Identifier: Apache-2.0
// What others parse: --json of each verb, and overlay.json.
#include "overlays/report.h"

#include <nlohmann/json.hpp>

#include "overlays/fake_host.h"
#include "tests/support/golden.h"

namespace bf::overlays {
namespace {

const std::string kPolicyDir = BF_SOURCE_DIR "/tests/overlays/plan_policy";

Policy TestPolicy() {
  auto policy = LoadPolicy(kPolicyDir);
  EXPECT_TRUE(policy);
  return policy ? *std::move(policy) : Policy{};
}

Facts FactsOf(const std::string& name) {
  auto facts = ParseFacts(test::ReadOrDie(test::CasePath("plan", name) + "/facts.json"));
  EXPECT_TRUE(facts);
  return facts ? *std::move(facts) : Facts{};
}

void ExpectJson(const std::string& name, const Json& json) {
  EXPECT_EQ(json.value("schema", 0), 1);
  test::ExpectGolden(test::CasePath("json", name),
                     test::ReplaceAll(ToText(json), kPolicyDir + "/", ""));
}

TEST(Report, PlanJson) {
  ExpectJson("plan.json", PlanToJson(MakePlan(TestPolicy(), FactsOf("os_changed"))));
}

TEST(Report, CheckJson) {
  const Policy policy = TestPolicy();
  const Facts facts = FactsOf("something_else_mounted");
  ExpectJson("check.json", CheckToJson({Check(policy, facts), ListWritable(policy, facts)}));
}

TEST(Report, StageJson) {
  const Policy policy = TestPolicy();
  const Facts facts = FactsOf("os_changed");
  const OverlayPlan plan = MakePlan(policy, facts);
  FakeHost host(facts);
  const Applied applied = Apply(policy, facts, plan, host);
  ExpectJson("stage.json",
             Json::parse(facts::StageResultToJson(StageOf(policy, applied, plan, host.facts()))));
}

TEST(Report, StatusJsonAndText) {
  const Policy policy = TestPolicy();
  const Facts facts = FactsOf("rollback_untouched");
  StatusReport report;
  report.os = facts.os;
  for (const auto& entry : policy.paths) {
    PathStatus path;
    path.entry = &entry;
    path.state = "mounted";
    path.bytes = 1 << 20;
    path.inodes = 64;
    if (entry.persistent()) {
      path.generations = facts.stores.at(entry.name.value).generations;
      path.in_force = 2;
      path.pins = {{PinKind::kChanged, "a\xff"}, {PinKind::kDeleted, "d/b"}};
    }
    report.paths.push_back(std::move(path));
  }
  ExpectJson("status.json", StatusToJson(report));
  test::ExpectGolden(test::CasePath("json", "status.txt"),
                     test::ReplaceAll(StatusToText(report), kPolicyDir + "/", ""));
}

}  // namespace
}  // namespace bf::overlays
