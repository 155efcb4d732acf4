// SPDX-License-Identifier: Apache-2.0
#include "core/facts/mountinfo.h"

namespace bf::facts {
namespace {

constexpr std::string_view kText =
    "22 1 259:4 / / ro,relatime shared:1 - ext4 /dev/root ro\n"
    "23 22 0:21 / /proc rw,nosuid,nodev,noexec shared:5 master:2 - proc proc rw\n"
    "30 22 259:6 / /var/lib/betterframe rw,nosuid - ext4 /dev/mmcblk0p6 rw,errors=remount-ro\n"
    "31 22 0:40 / /etc/a\\040b\\134c rw - overlay overlay rw,upperdir=/x\\054y,workdir=/w\n"
    "32 30 0:41 / /var/lib/betterframe ro - tmpfs tmpfs ro,size=64k\n";

TEST(ParseMountInfo, ReadsEveryField) {
  const auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts.has_value());
  ASSERT_EQ(mounts->size(), 5u);
  const Mount& proc = (*mounts)[1];
  EXPECT_EQ(proc.propagation, "shared:5 master:2");
  EXPECT_EQ(proc.fs_type, "proc");
  EXPECT_TRUE(proc.Writable());
  const Mount& root = (*mounts)[0];
  EXPECT_EQ(root.major, 259u);
  EXPECT_EQ(root.minor, 4u);
  EXPECT_FALSE(root.Writable());
}

TEST(ParseMountInfo, UndoesTheKernelsEscapes) {
  const auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts.has_value());
  EXPECT_EQ((*mounts)[3].target, "/etc/a b\\c");
  EXPECT_EQ((*mounts)[3].SuperOption("upperdir"), "/x,y");
  EXPECT_EQ((*mounts)[3].SuperOption("upper"), "");
}

TEST(ParseMountInfo, BrokenLinesAreErrors) {
  for (const char* bad : {"x 1 8:1 / / rw - ext4 a rw\n", "1 2 8 / / rw - ext4 a rw\n",
                          "1 2 8:1 / / rw ext4 a rw\n", "1 2 8:1\n"}) {
    EXPECT_FALSE(ParseMountInfo(bad).has_value()) << bad;
  }
}

TEST(FindMount, TheLastOneMountedIsTheOneVisible) {
  const auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts.has_value());
  EXPECT_EQ(FindMount(*mounts, "/var/lib/betterframe")->fs_type, "tmpfs");
  EXPECT_EQ(FindMount(*mounts, "/var"), nullptr);
}

TEST(MountOf, IsTheDeepestOneAbove) {
  const auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts.has_value());
  EXPECT_EQ(MountOf(*mounts, "/var/lib/betterframe/state")->fs_type, "tmpfs");
  EXPECT_EQ(MountOf(*mounts, "/var/lib/betterframes")->target, "/");
  EXPECT_EQ(MountOf(*mounts, "/proc")->fs_type, "proc");
}

}  // namespace
}  // namespace bf::facts
