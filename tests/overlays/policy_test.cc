// SPDX-License-Identifier: Apache-2.0
#include "overlays/policy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/golden.h"

namespace bf::overlays {
namespace {

using test::CasePath;

const std::string kShipped = BF_SOURCE_DIR "/policies";

TEST(Policy, ShippedOneIsValid) {
  const auto policy = LoadPolicy(kShipped);
  ASSERT_TRUE(policy) << policy.error().ToString();
  EXPECT_GE(policy->paths.size(), 4u);
  EXPECT_EQ(policy->data_mount_point.value, "/var/lib/betterframe");
  for (const auto& entry : policy->paths) EXPECT_FALSE(entry.reason.value.empty());
  // state.toml is another tool's: if its entries look different one day, this has to follow.
  EXPECT_GE(policy->state.size(), 5u);
  const auto rauc = std::find_if(policy->state.begin(), policy->state.end(),
                                 [](const auto& state) { return state.path == "/var/lib/rauc"; });
  EXPECT_NE(rauc, policy->state.end());
}

TEST(Policy, IsWithinKnowsNamesFromPrefixes) {
  EXPECT_TRUE(IsWithin("/var", "/var"));
  EXPECT_TRUE(IsWithin("/var/log", "/var"));
  EXPECT_FALSE(IsWithin("/variable", "/var"));
  EXPECT_FALSE(IsWithin("/var", "/var/log"));
  EXPECT_TRUE(IsWithin("/anything", "/"));
}

TEST(Policy, EntriesComeInTheOrderOfTheirPaths) {
  const auto policy = LoadPolicy(kShipped);
  ASSERT_TRUE(policy);
  EXPECT_TRUE(
      std::is_sorted(policy->paths.begin(), policy->paths.end(),
                     [](const auto& a, const auto& b) { return a.path.value < b.path.value; }));
}

TEST(Policy, MissingFileIsAPolicyError) {
  const auto policy = LoadPolicy("/nonexistent");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
}

TEST(Policy, HugeFileIsRefusedUnread) {
  const std::string dir = fmt::format("{}huge-{}", testing::TempDir(), ::getpid());
  std::filesystem::create_directory(dir);
  {
    std::ofstream file(dir + "/overlays.toml");
    for (int i = 0; i < 10 * 1024; ++i) file << std::string(1023, '#') << '\n';
  }
  const auto policy = LoadPolicy(dir);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
  std::filesystem::remove_all(dir);
}

class BadPolicy : public testing::TestWithParam<std::string> {};

TEST_P(BadPolicy, GivesEveryDiagnosticAtOnce) {
  const std::string dir = CasePath("bad", GetParam());
  const auto policy = LoadPolicy(dir);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().kind, ErrorKind::kPolicy);
  test::ExpectGolden(dir + "/expected.txt",
                     test::ReplaceAll(policy.error().ToString(), dir + "/", "") + "\n");
}

INSTANTIATE_TEST_SUITE_P(Golden, BadPolicy, testing::ValuesIn(test::Cases("bad")),
                         [](const auto& bad) { return bad.param; });

}  // namespace
}  // namespace bf::overlays
