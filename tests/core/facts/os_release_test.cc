// SPDX-License-Identifier: Apache-2.0
#include "core/facts/os_release.h"

namespace bf::facts {
namespace {

TEST(OsRelease, ReadsWhatNamesARelease) {
  const OsRelease os = ParseOsRelease(
      "PRETTY_NAME=\"Debian GNU/Linux 12\"\nIMAGE_ID=betterframe\nIMAGE_VERSION='1.2'\r\n"
      "BUILD_ID=\"a\\\"b\"\nX\n");
  EXPECT_EQ(os.pretty_name, "Debian GNU/Linux 12");
  EXPECT_EQ(os.image_id, "betterframe");
  EXPECT_EQ(os.image_version, "1.2");
  EXPECT_EQ(os.build_id, "a\"b");
}

TEST(OsRelease, TakesNoOtherKeyForOne) {
  const OsRelease os = ParseOsRelease("MY_IMAGE_VERSION=1\nIMAGE_VERSION_ID=2\n#IMAGE_ID=3\n=4\n");
  EXPECT_EQ(os.image_version, "");
  EXPECT_EQ(os.image_id, "");
}

TEST(OsRelease, LeavesEmptyWhatIsNotThere) {
  EXPECT_EQ(ParseOsRelease("").image_version, "");
  EXPECT_EQ(ParseOsRelease("IMAGE_VERSION=").image_version, "");
  EXPECT_EQ(ReadOsRelease("/nonexistent"), std::nullopt);
}

}  // namespace
}  // namespace bf::facts
