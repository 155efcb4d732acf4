// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/bitmap.h"

namespace bf::lockdown::input {
namespace {

TEST(Bitmap, ReadsAndPrintsAsTheKernelDoes) {
  // Recorded: an AT keyboard, a power button, a touch screen, a device without any.
  for (const char* text :
       {"402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe", "10000000000000 0", "0",
        "420 0 70000 0 0 0 0", "273800000000003", "1", "8000000000000000"}) {
    const auto parsed = ParseBitmap(text);
    ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error().ToString();
    EXPECT_EQ(ToString(*parsed), text);
  }
}

TEST(Bitmap, TheFirstWordIsTheHighest) {
  const auto parsed = ParseBitmap("10000000000000 1");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_TRUE(parsed->Test(116));
  EXPECT_TRUE(parsed->Test(0));
  EXPECT_EQ(parsed->Count(), 2u);
  EXPECT_FALSE(parsed->Test(52));
  EXPECT_FALSE(parsed->Test(100000));
}

TEST(Bitmap, NothingButTheKernelsFormIsRead) {
  for (const char* text : {"", " ", "1 ", " 1", "1  1", "g", "0x1", "A", "01", "0 1", "1\n", "-1",
                           "12345678123456789", "1\t1", "1 2 3 4 5 6 7 8 9 a b c d"}) {
    EXPECT_FALSE(ParseBitmap(text).has_value()) << '"' << text << '"';
  }
  EXPECT_FALSE(ParseBitmap(std::string_view("1\0", 2)).has_value());
  EXPECT_FALSE(ParseBitmap("1 0", 1).has_value());
  EXPECT_TRUE(ParseBitmap("1 2 3 4 5 6 7 8 9 a b c").has_value());
}

TEST(Bitmap, SubsetsAndRanges) {
  Bitmap small;
  small.Set(3);
  small.Set(700);
  Bitmap large = small;
  large.Set(64);
  EXPECT_TRUE(small.IsSubsetOf(large));
  EXPECT_FALSE(large.IsSubsetOf(small));
  EXPECT_TRUE(large.AnyOf(64, 64));
  EXPECT_FALSE(large.AnyOf(65, 699));
  EXPECT_TRUE(Bitmap().None());
  EXPECT_FALSE(small.None());
}

}  // namespace
}  // namespace bf::lockdown::input
