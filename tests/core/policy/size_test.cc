// SPDX-License-Identifier: Apache-2.0
#include "core/policy/reader.h"

namespace bf::policy {
namespace {

TEST(ParseSize, AcceptsBinaryUnits) {
  EXPECT_EQ(ParseSize("0"), 0u);
  EXPECT_EQ(ParseSize("512B"), 512u);
  EXPECT_EQ(ParseSize("64 MiB"), 64u << 20);
  EXPECT_EQ(ParseSize("1.5GiB"), 3ull << 29);
  EXPECT_EQ(ParseSize("2TiB"), 2ull << 40);
}

TEST(ParseSize, RefusesWhatIsNotExactlyASize) {
  for (const char* bad : {"", "MiB", "-1", "1e3", "1MB", "1.2.3KiB", "0.3B", "9999999999999TiB",
                          "1 MiBs", "0x10", "inf", "nan"}) {
    EXPECT_EQ(ParseSize(bad), std::nullopt) << bad;
  }
}

TEST(FormatSize, IsShortAndReadable) {
  EXPECT_EQ(FormatSize(0), "0 B");
  EXPECT_EQ(FormatSize(1023), "1023 B");
  EXPECT_EQ(FormatSize(64 << 20), "64 MiB");
  EXPECT_EQ(FormatSize((3ull << 29) + 1), "1.5 GiB");
}

}  // namespace
}  // namespace bf::policy
