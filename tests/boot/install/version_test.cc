// SPDX-License-Identifier: Apache-2.0
#include "boot/install/version.h"

namespace bf::boot::install {
namespace {

using testing::HasSubstr;

TEST(Versions, AreOrderedAsDpkgDoes) {
  // Each is older than the next.
  const std::vector<std::string> ordered = {"0.9",
                                            "1.0~~",
                                            "1.0~",
                                            "1.0~rc1",
                                            "1.0~rc2",
                                            "1.0",
                                            "1.0-1",
                                            "1.0-1a",
                                            "1.0-2",
                                            "1.0a",
                                            "1.0+fix1",
                                            "1.0-1-1",
                                            "1.0.1",
                                            "1.2",
                                            "1.9.9",
                                            "1.10.0",
                                            "2.0.0a",
                                            "2.0.0b",
                                            "2.0.1",
                                            "10.0.0",
                                            "99999999999999999999999.0",
                                            "100000000000000000000000.0",
                                            "1:0.1",
                                            "2:0.0"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(CompareVersions(ordered[i], ordered[j]), i <=> j)
          << ordered[i] << " and " << ordered[j];
    }
  }
  EXPECT_EQ(CompareVersions("1.0", "1.00"), std::strong_ordering::equal);
  EXPECT_EQ(CompareVersions("01.0", "1.0"), std::strong_ordering::equal);
  EXPECT_EQ(CompareVersions("", ""), std::strong_ordering::equal);
}

std::string ProblemOf(const std::optional<std::string>& running,
                      const std::optional<std::string>& bundle, bool downgrade = false) {
  const auto status = CheckVersion(running, bundle, downgrade);
  return status ? "none" : status.error().ToString();
}

TEST(Versions, OnlyOlderOnesAreRefused) {
  EXPECT_EQ(ProblemOf("1.0", "1.1"), "none");
  EXPECT_EQ(ProblemOf("1.0", "1.0"), "none");
  EXPECT_THAT(ProblemOf("1.10", "1.9"), HasSubstr("1.9, which is older than 1.10"));
  EXPECT_EQ(ProblemOf("1.10", "1.9", true), "none");
  EXPECT_THAT(ProblemOf("1.0", std::nullopt), HasSubstr("does not say"));
  EXPECT_THAT(ProblemOf("1.0", std::nullopt, true), HasSubstr("does not say"));
  EXPECT_THAT(ProblemOf(std::nullopt, "0.1"), HasSubstr("which version runs is not known"));
  EXPECT_EQ(ProblemOf(std::nullopt, "0.1", true), "none");
}

}  // namespace
}  // namespace bf::boot::install
