// SPDX-License-Identifier: Apache-2.0
#include "boot/install/manifest.h"

namespace bf::boot::install {
namespace {

TEST(Manifest, ItsVersionIsThatOfUpdate) {
  EXPECT_EQ(ReadManifest("[update]\ncompatible=x\nversion = 2.0 \r\n[bundle]\n").version, "2.0");
  EXPECT_EQ(ReadManifest("version=1\n[image.rootfs]\nversion=3\n[update]\nversion=2").version, "2");
  for (const char* none : {"", "[update]\n", "[update]\nversion=\n", "[x]\nversion=1\n",
                           "[update]\n[x]\nversion=1\n", "[update]\n#version=1\n"}) {
    EXPECT_EQ(ReadManifest(none).version, std::nullopt) << none;
  }
}

TEST(Manifest, NamesTheImageOfEachSlotClass) {
  const Manifest manifest = ReadManifest(
      "filename=x\n[hooks]\nfilename=hook\n[image.rootfs]\nsha256=0\nfilename = root.ext4 \n"
      "[image.bootfs.pi5]\nfilename=boot.vfat\n[image.]\nfilename=nothing\n[images]\nfilename=y\n");
  EXPECT_EQ(manifest.images,
            (std::vector<ManifestImage>{{"rootfs", "root.ext4"}, {"bootfs", "boot.vfat"}}));
}

}  // namespace
}  // namespace bf::boot::install
