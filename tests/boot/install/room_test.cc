// SPDX-License-Identifier: Apache-2.0
#include "boot/install/room.h"

#include <filesystem>
#include <fstream>

#include "boot/install/check.h"
#include "tests/support/temp_tree.h"

namespace bf::boot::install {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Room : public testing::Test {
 protected:
  void File(const std::string& path, std::uintmax_t size) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path).flush();
    fs::resize_file(root_ / path, size);
  }
  void Text(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // Files stand for the block devices: both tell their size by their end.
  void Slots(std::uintmax_t root_a, std::uintmax_t root_b, std::uintmax_t boot) {
    File("run/betterframe/slots/root-a", root_a);
    File("run/betterframe/slots/root-b", root_b);
    File("run/betterframe/slots/boot-a", boot);
    File("run/betterframe/slots/boot-b", boot);
  }
  std::string Problem() {
    Text("usr/lib/os-release", "IMAGE_VERSION=1.0\n");
    const auto status = Check(root_.string(), (root_ / "policies").string(), bundle_.string());
    return status ? "none" : status.error().ToString();
  }

  testing_support::TempTree tree_;
  fs::path root_{tree_.path()}, bundle_{root_ / "bundle"};
};

constexpr char kManifest[] =
    "[update]\nversion=2.0\n[image.rootfs]\nfilename=rootfs.ext4\n"
    "[image.bootfs]\nfilename=bootfs.vfat\n";

TEST_F(Room, AnImageAsLargeAsTheSmallerSlotFitsAndAByteMoreDoesNot) {
  Slots(2 << 20, 1 << 20, 4096);
  Text("bundle/manifest.raucm", kManifest);
  File("bundle/rootfs.ext4", 1 << 20);
  File("bundle/bootfs.vfat", 4096);
  EXPECT_EQ(Problem(), "none");
  File("bundle/rootfs.ext4", (1 << 20) + 1);
  EXPECT_THAT(Problem(), HasSubstr("does not fit: rootfs.ext4 has 1048577 bytes, and a rootfs slot "
                                   "of this device 1048576"));
}

TEST_F(Room, EachImageThatIsTooLargeIsNamed) {
  Slots(1 << 20, 1 << 20, 4096);
  Text("bundle/manifest.raucm", kManifest);
  File("bundle/rootfs.ext4", 2 << 20);
  File("bundle/bootfs.vfat", 4097);
  EXPECT_THAT(Problem(), AllOf(HasSubstr("rootfs.ext4 has"), HasSubstr("bootfs.vfat has 4097")));
}

TEST_F(Room, WhatTellsNoSizeIsLeftToRauc) {
  Slots(4096, 4096, 4096);
  Text("bundle/manifest.raucm",
       "[update]\nversion=2.0\n[image.rootfs]\nfilename=root.tar.xz\n"
       "[image.appfs]\nfilename=app.img\n[image.bootfs]\nfilename=missing\n");
  File("bundle/root.tar.xz", 1 << 20);
  File("bundle/app.img", 1 << 20);
  EXPECT_EQ(Problem(), "none");
}

TEST_F(Room, WithoutTheSlotsThereIsNothingToCompare) {
  Text("bundle/manifest.raucm", kManifest);
  File("bundle/rootfs.ext4", 1 << 20);
  EXPECT_EQ(Problem(), "none");
}

}  // namespace
}  // namespace bf::boot::install
