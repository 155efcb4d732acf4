// SPDX-License-Identifier: Apache-2.0
#include "core/disk/guid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bf::disk {
namespace {

TEST(Guid, TextRoundTrip) {
  const auto guid = Guid::Parse(kTypeEfiSystem);
  ASSERT_TRUE(guid);
  EXPECT_EQ(guid->ToString(), kTypeEfiSystem);
  EXPECT_EQ(Guid::Parse("C12A7328-F81F-11D2-BA4B-00A0C93EC93B"), guid);
}

TEST(Guid, GptStoresTheFirstThreeGroupsLittleEndian) {
  const auto guid = Guid::Literal("00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_THAT(guid.ToGptBytes(),
              testing::ElementsAre(0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa,
                                   0xbb, 0xcc, 0xdd, 0xee, 0xff));
  EXPECT_EQ(Guid::FromGptBytes(guid.ToGptBytes()), guid);
}

TEST(Guid, RefusesWhatIsNoGuid) {
  for (const char* text :
       {"", "c12a7328-f81f-11d2-ba4b-00a0c93ec93", "c12a7328-f81f-11d2-ba4b-00a0c93ec93bb",
        "c12a7328+f81f-11d2-ba4b-00a0c93ec93b", "g12a7328-f81f-11d2-ba4b-00a0c93ec93b",
        "{12a7328-f81f-11d2-ba4b-00a0c93ec93b", "c12a7328f81f11d2ba4b00a0c93ec93b"}) {
    EXPECT_FALSE(Guid::Parse(text)) << text;
  }
}

TEST(Guid, RandomIsVersion4AndDiffers) {
  const Guid a = Guid::Random();
  const Guid b = Guid::Random();
  EXPECT_NE(a, b);
  EXPECT_EQ(a.bytes[6] >> 4, 4);
  EXPECT_EQ(a.bytes[8] >> 6, 2);
  EXPECT_FALSE(a.IsZero());
  EXPECT_TRUE(Guid{}.IsZero());
}

TEST(GuidDeathTest, WrongLiteralEndsTheProgram) {
  EXPECT_DEATH(Guid::Literal("nonsense"), "not a GUID literal: nonsense");
}

}  // namespace
}  // namespace bf::disk
