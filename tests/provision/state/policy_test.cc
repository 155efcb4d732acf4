// SPDX-License-Identifier: Apache-2.0
#include "provision/state/policy.h"

#include <filesystem>
#include <fstream>

#include "tests/support/golden.h"
#include "tests/support/temp_tree.h"

namespace bf::provision::state {
namespace {

using test::CasePath;

const std::string kShipped = BF_SOURCE_DIR "/policies";

TEST(StatePolicy, ShippedOneIsValid) {
  const auto policy = LoadPolicy(kShipped);
  ASSERT_TRUE(policy) << policy.error().ToString();
  EXPECT_GE(policy->entries.size(), 8u);
  for (const Entry& entry : policy->entries) {
    EXPECT_FALSE(entry.reason.empty()) << entry.name.value;
    // Whoever is not root can be compromised, and must not be able to fill BF_DATA.
    EXPECT_TRUE(entry.quota.has_value()) << entry.name.value;
  }
}

TEST(StatePolicy, MountPointComesFromTheLayout) {
  testing_support::TempTree dir;
  dir.Write("state.toml", "schema = 1\n");
  EXPECT_EQ(LoadPolicy(dir.path())->mount_point, "/var/lib/betterframe");
  dir.Write("layout.toml", "schema = 1\n[data]\nmount_point = \"/data\"\n");
  EXPECT_EQ(LoadPolicy(dir.path())->mount_point, "/data");
}

TEST(StatePolicy, SlotsHaveTheirOwnSourcesAndProjects) {
  Entry entry;
  entry.name.value = "app";
  entry.scope.value = Scope::kPerSlot;
  EXPECT_EQ(SourcePath(entry, "a"), "state/slot-a/app");
  EXPECT_EQ(SourcePath(entry, "b"), "state/slot-b/app");
  const Quota quota{{}, 7, 1 << 20, 100};
  EXPECT_NE(ProjectId(quota, Scope::kPerSlot, "a"), ProjectId(quota, Scope::kPerSlot, "b"));
  EXPECT_EQ(ProjectId(quota, Scope::kShared, "a"), ProjectId(quota, Scope::kShared, "b"));
  entry.scope.value = Scope::kShared;
  EXPECT_EQ(SourcePath(entry, "b"), "state/shared/app");
}

TEST(StatePolicy, MissingFileIsAPolicyError) {
  const auto policy = LoadPolicy("/nonexistent");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
}

TEST(StatePolicy, HugeFileIsRefusedUnread) {
  testing_support::TempTree dir;
  {
    std::ofstream file(dir / "state.toml");
    for (int i = 0; i < 10 * 1024; ++i) file << std::string(1023, '#') << '\n';
  }
  const auto policy = LoadPolicy(dir.path());
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
}

class BadStatePolicy : public testing::TestWithParam<std::string> {};

TEST_P(BadStatePolicy, GivesEveryDiagnosticAtOnce) {
  const std::string dir = CasePath("bad", GetParam());
  const auto policy = LoadPolicy(dir);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
  test::ExpectGolden(dir + "/expected.txt",
                     test::ReplaceAll(policy.error().ToString(), dir + "/", "") + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, BadStatePolicy, testing::ValuesIn(test::Cases("bad")),
                         [](const auto& bad) { return bad.param; });

}  // namespace
}  // namespace bf::provision::state
