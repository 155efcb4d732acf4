// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/format.h"

#include <fmt/format.h>

namespace bf::udev_rules {
namespace {

std::string Marked(std::string_view text) {
  return Format(text, [](Substitution substitution, std::string_view argument) {
    return fmt::format("<{}:{}>", static_cast<int>(substitution), argument);
  });
}

TEST(Format, BothSpellingsOfEach) {
  EXPECT_EQ(Marked("$kernel %k"), Marked("%k $kernel"));
  EXPECT_EQ(Marked("$attr{a/b}"), Marked("%s{a/b}"));
  EXPECT_EQ(Marked("$sysfs{x}$env{Y}"), Marked("%s{x}%E{Y}"));
  EXPECT_EQ(Marked("$devnode$tempnode"), Marked("%N%N"));
  EXPECT_EQ(Marked("$result{2+}"), Marked("%c{2+}"));
  EXPECT_EQ(Marked("$major:$minor $number $id $devpath $driver"), Marked("%M:%m %n %b %p %d"));
  EXPECT_EQ(Marked("100%% $$x"), "100% $x");
}

TEST(Format, WhatIsNoneStaysAndIsReported) {
  EXPECT_EQ(CheckFormat("a$kernel%%b"), std::nullopt);
  EXPECT_NE(CheckFormat("$kernal"), std::nullopt);
  EXPECT_NE(CheckFormat("50%"), std::nullopt);
  EXPECT_NE(CheckFormat("$attr"), std::nullopt);
  EXPECT_NE(CheckFormat("$attr{x"), std::nullopt);
  EXPECT_EQ(Marked("%k $nothing %k"), Marked("%k ") + "$nothing %k");
}

TEST(ReplaceUnsafe, DevicesCannotSayWhatTheyLike) {
  EXPECT_EQ(ReplaceUnsafe("Logi\"tech`;|&<>\n", ""), "Logi_tech_______");
  EXPECT_EQ(ReplaceUnsafe("a b\tc", kAllowedInput), "a b c");
  EXPECT_EQ(ReplaceUnsafe("a b", ""), "a_b");
  EXPECT_EQ(ReplaceUnsafe("caf\xc3\xa9 \xff\xc3", ""), "caf\xc3\xa9___");
  EXPECT_EQ(ReplaceUnsafe("\\x20\\y", ""), "\\x20_y");
  // Overlong and surrogate forms are no characters.
  EXPECT_EQ(ReplaceUnsafe("\xc0\xaf\xed\xa0\x80", ""), "_____");
}

}  // namespace
}  // namespace bf::udev_rules
