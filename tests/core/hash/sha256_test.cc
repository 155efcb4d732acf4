// SPDX-License-Identifier: Apache-2.0
#include "core/hash/sha256.h"

#include <algorithm>

namespace bf::hash {
namespace {

// FIPS 180-2, appendix B, and the empty message.
constexpr std::string_view kOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kOfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kOfAMillionTimesA =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(HashOf(""), kOfNothing);
  EXPECT_EQ(HashOf("abc"), kOfAbc);
  EXPECT_EQ(HashOf(std::string(1'000'000, 'a')), kOfAMillionTimesA);
  const auto digest = DigestOf("abc");
  EXPECT_EQ(digest.front(), 0xba);
  EXPECT_EQ(digest.back(), 0xad);
}

TEST(Sha256, HowItIsCutMakesNoDifference) {
  const std::string all(1'000'000, 'a');
  for (const std::size_t part : {1u, 55u, 64u, 65u, 4096u}) {
    Sha256 hash;
    for (std::size_t at = 0; at < all.size(); at += part)
      hash.Add(std::string_view(all).substr(at, part));
    EXPECT_EQ(hash.Hex(), kOfAMillionTimesA) << part;
  }
}

}  // namespace
}  // namespace bf::hash
