// SPDX-License-Identifier: Apache-2.0
#include "provision/reset/carry_out.h"
#include "provision/reset/plan.h"
#include "provision/reset/request.h"

namespace bf::provision::reset {
namespace {

state::Policy SomePolicy() {
  state::Policy policy;
  const auto add = [&](const std::string& name, state::Scope scope, state::OnReset on_reset) {
    state::Entry entry;
    entry.name.value = name;
    entry.path.value = "/var/lib/" + name;
    entry.scope.value = scope;
    entry.reset.value = on_reset;
    policy.entries.push_back(entry);
  };
  add("rauc", state::Scope::kShared, state::OnReset::kKeep);
  add("pairing", state::Scope::kShared, state::OnReset::kClear);
  add("app", state::Scope::kPerSlot, state::OnReset::kKeep);
  return policy;
}

// BF_DATA as a set of paths, with a fault on demand.
class FakeHost : public Host {
 public:
  std::set<std::string> paths = {"control",
                                 "control/reset-request",
                                 "control/repair",
                                 "lost+found",
                                 "lost+found/#12",
                                 "overlay",
                                 "overlay/etc",
                                 "planted",
                                 "state",
                                 "state.aside.1",
                                 "state/shared",
                                 "state/shared/rauc",
                                 "state/shared/rauc.aside.1",
                                 "state/shared/pairing",
                                 "state/slot-a",
                                 "state/slot-a/app",
                                 "state/slot-a/rauc",
                                 "state/slot-b",
                                 "state/slot-b/app",
                                 "state/slot-b/old"};
  std::string stuck;    // cannot be removed
  int fail_after = -1;  // verbs until everything fails
  std::string request_error;

  Result<std::optional<Request>> ReadRequest() override {
    if (!request_error.empty()) return Fail("{}", request_error);
    if (paths.count("control/reset-request") == 0) return std::nullopt;
    return Request{"then"};
  }
  Result<Listing> List() override {
    BF_TRY(Tick());
    Listing listing;
    for (const std::string& directory : Containers()) {
      if (!directory.empty() && paths.count(directory) == 0) continue;
      auto& names = listing[directory];
      for (const std::string& path : paths) {
        const auto slash = path.rfind('/');
        const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
        if (parent == directory) names.push_back(path.substr(slash + 1));
      }
    }
    return listing;
  }
  Status RemovePath(const std::string& path) override {
    BF_TRY(Tick());
    if (path == stuck) return Fail("{} is stuck", path);
    paths.erase(path);
    return {};
  }
  Status Flush() override { return Tick(); }
  Status WriteRecord(const Request&) override {
    BF_TRY(Tick());
    paths.insert("control/last-reset");
    return {};
  }
  Status ClearRequest() override {
    BF_TRY(Tick());
    paths.erase("control/reset-request");
    return {};
  }

 private:
  Status Tick() {
    if (fail_after == 0) return Fail("cut");
    --fail_after;
    return {};
  }
};

const std::set<std::string> kAfter = {
    "control",         "control/last-reset", "lost+found",   "overlay",          "state",
    "state/shared",    "state/shared/rauc",  "state/slot-a", "state/slot-a/app", "state/slot-b",
    "state/slot-b/app"};

TEST(Reset, RemovesAllButWhatThePolicyKeeps) {
  FakeHost host;
  const Outcome outcome = CarryOut(SomePolicy(), host);
  EXPECT_TRUE(outcome.finished);
  EXPECT_THAT(outcome.problems, testing::IsEmpty());
  EXPECT_EQ(host.paths, kAfter);
}

TEST(Reset, WithoutARequestNothingIsLookedAt) {
  FakeHost host;
  host.paths.erase("control/reset-request");
  host.fail_after = 0;
  const Outcome outcome = CarryOut(SomePolicy(), host);
  EXPECT_FALSE(outcome.requested);
  EXPECT_THAT(outcome.problems, testing::IsEmpty());
}

TEST(Reset, WhatIsNotARequestRemovesNothing) {
  FakeHost host;
  host.request_error = "not a request";
  const auto before = host.paths;
  const Outcome outcome = CarryOut(SomePolicy(), host);
  EXPECT_EQ(outcome.problems.size(), 1u);
  EXPECT_EQ(host.paths, before);
}

TEST(Reset, CutAfterEachVerbTheNextBootFinishes) {
  int cuts = 0;
  for (int verbs = 0;; ++verbs) {
    FakeHost host;
    host.fail_after = verbs;
    const Outcome first = CarryOut(SomePolicy(), host);
    if (first.finished) break;
    ++cuts;
    EXPECT_TRUE(host.paths.count("control/reset-request")) << verbs;
    host.fail_after = -1;
    EXPECT_TRUE(CarryOut(SomePolicy(), host).finished) << verbs;
    EXPECT_EQ(host.paths, kAfter) << verbs;
  }
  EXPECT_GE(cuts, 12);
}

TEST(Reset, WhatCannotBeRemovedIsNamedAndTheRequestStays) {
  FakeHost host;
  host.stuck = "overlay/etc";
  const Outcome outcome = CarryOut(SomePolicy(), host);
  EXPECT_FALSE(outcome.finished);
  EXPECT_THAT(outcome.problems, testing::Contains(testing::HasSubstr("overlay/etc is stuck")));
  EXPECT_TRUE(host.paths.count("control/reset-request"));
  EXPECT_FALSE(host.paths.count("state/shared/pairing")) << "the rest must be gone";
}

TEST(Reset, AContainerThatIsNoDirectoryGoesAsAWhole) {
  const Listing listing = {{"", {"state", "overlay", "control"}}, {"control", {"reset-request"}}};
  const auto steps = MakePlan(SomePolicy(), listing);
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(plan::Describe(steps[0].action), "remove overlay");
  EXPECT_EQ(plan::Describe(steps[1].action), "remove state");
}

TEST(Reset, NamesOfAnyBytesStayOnOneLine) {
  EXPECT_EQ(Remove{"a\nb\x1b[31m"}.Describe(), "remove a\\x0ab\\x1b[31m");
}

TEST(Reset, OnlyARequestIsARequest) {
  EXPECT_EQ(*ParseRequest(ToJson(Request{"then"})), Request{"then"});
  for (const char* text : {"", "{", "[]", "null", "{}", "{\"schema\": 1}",
                           "{\"schema\": 2, \"kind\": \"factory-reset request\"}",
                           "{\"schema\": 1, \"kind\": \"factory-reset record\"}"}) {
    EXPECT_FALSE(ParseRequest(text)) << text;
  }
  EXPECT_EQ(*ParseRecord(ToJson(Record{"then", "later"})), (Record{"then", "later"}));
}

}  // namespace
}  // namespace bf::provision::reset
