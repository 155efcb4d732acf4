// SPDX-License-Identifier: Apache-2.0
#include "core/disk/autoboot.h"

namespace bf::disk {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Autoboot, IsExactlyOneSectorWhateverTheNumbers) {
  for (const auto& [a, b] : {std::pair{2, 3}, {9, 10}, {127, 128}}) {
    const std::string text = MakeAutoboot(a, b);
    EXPECT_EQ(text.size(), 512u);
    EXPECT_TRUE(
        text.starts_with(fmt::format("[all]\ntryboot_a_b=1\nboot_partition={}\n"
                                     "[tryboot]\nboot_partition={}\n",
                                     a, b)));
    EXPECT_TRUE(text.ends_with("\n"));
    // The rest is comments in lines the firmware can hold.
    std::size_t start = 0;
    int lines = 0;
    while (start < text.size()) {
      const std::size_t end = text.find('\n', start);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end - start, 80u);
      ++lines;
      if (lines > 5 && end > start) {
        EXPECT_EQ(text[start], '#');
      }
      start = end + 1;
    }
  }
}

TEST(Autoboot, WhatIsMadeIsReadBackWithoutAnOddity) {
  const Autoboot read = ParseAutoboot(MakeAutoboot(2, 3));
  EXPECT_EQ(read.committed, 2);
  EXPECT_EQ(read.tryboot, 3);
  EXPECT_TRUE(read.tryboot_a_b);
  EXPECT_THAT(read.oddities, IsEmpty());
}

// Each input with what the firmware makes of it, and the oddity that is told.
struct Odd {
  const char* name;
  std::string bytes;
  std::optional<int> committed;
  std::optional<int> trial;
  const char* oddity;
};

class OddAutoboot : public ::testing::TestWithParam<Odd> {};

TEST_P(OddAutoboot, IsReadAsTheFirmwareReadsIt) {
  const Autoboot read = ParseAutoboot(GetParam().bytes);
  EXPECT_EQ(read.committed, GetParam().committed);
  EXPECT_EQ(read.Trial(), GetParam().trial);
  EXPECT_THAT(read.oddities, Contains(HasSubstr(GetParam().oddity)));
}

std::string Padded(std::string text) {
  text.resize(kAutobootSize, '\n');
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, OddAutoboot,
    ::testing::Values(
        Odd{"Empty", "", {}, {}, "0 bytes long"},
        Odd{"TooLong", MakeAutoboot(2, 3) + "x", 2, 3, "513 bytes long"},
        // What lies beyond the first sector does not count.
        Odd{"BeyondTheSector", MakeAutoboot(2, 3) + "[all]\nboot_partition=9\n", 2, 3,
            "bytes long"},
        Odd{"CarriageReturns",
            Padded("[all]\r\nboot_partition=2\r\n[tryboot]\r\nboot_partition=3\r\n"), 2, 3,
            "carriage returns"},
        Odd{"DuplicateKeys", Padded("boot_partition=2\nboot_partition=3\n"), 3, 3,
            "boot_partition twice in [all]"},
        Odd{"SectionTwice",
            Padded(
                "[all]\nboot_partition=2\n[tryboot]\nboot_partition=3\n[all]\nboot_partition=4\n"),
            4, 3, "boot_partition twice in [all]"},
        Odd{"NoTryboot", Padded("[all]\ntryboot_a_b=1\nboot_partition=2\n"), 2, 2,
            "no boot_partition in [tryboot]"},
        Odd{"NotAPartition", Padded("boot_partition=two\n"), {}, {}, "boot_partition=two"},
        Odd{"Negative", Padded("boot_partition=-2\n"), {}, {}, "boot_partition=-2"},
        Odd{"Overflow",
            Padded("boot_partition=99999999999999999999\n"),
            {},
            {},
            "not a partition number"},
        Odd{"UnknownKey", Padded("boot_partition=2\nPARTITION_WALK=1\n"), 2, 2,
            "unknown setting PARTITION_WALK"},
        Odd{"ExtraSection", Padded("boot_partition=2\n[none]\nboot_partition=7\n"), 2, 2,
            "section [none]"},
        Odd{"Nuls", Padded(std::string("boot_partition=2\n\0\0\0", 20)), 2, 2, "NUL bytes"},
        Odd{"Nonsense", Padded("boot_partition=2\nnonsense\n"), 2, 2, "\"nonsense\" is no setting"},
        Odd{"NoTrybootAB", Padded("boot_partition=2\n[tryboot]\nboot_partition=3\n"), 2, 3,
            "tryboot_a_b=1"}),
    [](const auto& chosen) { return std::string(chosen.param.name); });

}  // namespace
}  // namespace bf::disk
