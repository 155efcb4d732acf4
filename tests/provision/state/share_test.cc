// SPDX-License-Identifier: Apache-2.0
#include "provision/state/share.h"

#include <numeric>
#include <random>

namespace bf::provision::state {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

std::uint64_t Total(const std::vector<std::uint64_t>& wanted, std::uint64_t share) {
  return std::accumulate(
      wanted.begin(), wanted.end(), std::uint64_t{0},
      [share](std::uint64_t sum, std::uint64_t one) { return sum + std::min(one, share); });
}

TEST(ShareTest, WhereAllFitAllGetWhatTheyAskFor) {
  EXPECT_EQ(LargestShare({4 * kMiB, 16 * kMiB, 100 * kMiB}, 120 * kMiB), 100 * kMiB);
  EXPECT_EQ(LargestShare({}, kMiB), 0U);
}

TEST(ShareTest, OnlyTheLargestGiveWay) {
  EXPECT_EQ(LargestShare({4 * kMiB, 16 * kMiB, 100 * kMiB}, 60 * kMiB), 40 * kMiB);
  EXPECT_EQ(LargestShare({4 * kMiB, 200 * kMiB, 100 * kMiB}, 64 * kMiB), 30 * kMiB);
  EXPECT_EQ(LargestShare({4 * kMiB, 4 * kMiB}, kMiB), kMiB / 2);
}

TEST(ShareTest, TogetherTheyNeverExceedTheDiskAndNeverWasteIt) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::uint64_t> wanted(1 + random() % 9);
    for (auto& one : wanted) one = 4096 * (1 + random() % 5000);
    const std::uint64_t capacity = 4096 * (random() % 20000);
    const std::uint64_t share = LargestShare(wanted, capacity);
    if (Total(wanted, ~std::uint64_t{0}) <= capacity) {
      EXPECT_EQ(share, *std::max_element(wanted.begin(), wanted.end()));
    } else {
      EXPECT_LE(Total(wanted, share), capacity);
      EXPECT_GT(Total(wanted, share + 4096), capacity);
    }
  }
}

}  // namespace
}  // namespace bf::provision::state
