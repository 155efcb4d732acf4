// SPDX-License-Identifier: Apache-2.0
#include "core/policy/reader.h"

namespace bf::policy {
namespace {

constexpr std::array<std::string_view, 3> kKeys = {"upper", "size", "reason"};

TEST(ClosestMatch, FindsOneSlip) {
  EXPECT_EQ(ClosestMatch("uper", kKeys), "upper");
  EXPECT_EQ(ClosestMatch("szie", kKeys), "size");
  EXPECT_EQ(ClosestMatch("raeson", kKeys), "reason");
}

TEST(ClosestMatch, DoesNotGuessWildly) {
  EXPECT_EQ(ClosestMatch("mode", kKeys), "");
  EXPECT_EQ(ClosestMatch(std::string(100, 'u'), kKeys), "");
  EXPECT_EQ(ClosestMatch("x", {}), "");
}

}  // namespace
}  // namespace bf::policy
