// SPDX-License-Identifier: Apache-2.0
#include "core/disk/utf16.h"

#include <gtest/gtest.h>

namespace bf::disk {
namespace {

TEST(Utf16, RoundTrip) {
  for (const std::string text :
       {"", "BF_DATA", "Größe", "日本", "💾x", "\x7f\xc2\x80\xef\xbf\xbf"}) {
    const auto units = Utf8ToUtf16(text);
    ASSERT_TRUE(units) << text;
    EXPECT_EQ(Utf16ToUtf8(*units), text);
  }
}

TEST(Utf16, EndsAtTheFirstZero) {
  const std::vector<std::uint16_t> units{'a', 'b', 0, 'c'};
  EXPECT_EQ(Utf16ToUtf8(units), "ab");
}

TEST(Utf16, LoneSurrogatesBecomeReplacementCharacters) {
  for (const std::vector<std::uint16_t>& units :
       {std::vector<std::uint16_t>{0xd800}, {0xdc00}, {0xdc00}, {0xdfff}}) {
    EXPECT_EQ(Utf16ToUtf8(units), "\xef\xbf\xbd");
  }
  EXPECT_EQ(Utf16ToUtf8(std::vector<std::uint16_t>{0xd800, 'x'}), "\xef\xbf\xbdx");
}

TEST(Utf16, RefusesInvalidUtf8) {
  for (const std::string text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "a\xff", "\xe2\x82"}) {
    EXPECT_FALSE(Utf8ToUtf16(text));
  }
}

}  // namespace
}  // namespace bf::disk
