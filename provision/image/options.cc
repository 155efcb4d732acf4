// SPDX-License-Identifier: Apache-2.0
#include "provision/image/options.h"

namespace bf::provision::image {

cli::Verb ImageVerbTable() {
  cli::Verb verb;
  verb.name = "image";
  verb.summary = "Make the factory image of a device.";
  verb.options = {
      {"--boot", "DIR|FAT-IMAGE", "Take the boot files from here.", true},
      {"--root", "EXT4-IMAGE|TAR|DIR", "Take the root file system from here.", true},
      {"--out", "IMAGE", "Write the image to this file.", true},
      {"--size", "BYTES", "Size of the image (default: the least the layout needs)."},
      {"--sector-size", "BYTES", "Sector size of the disk it is for, 512 (default) or 4096."},
      {"--revision", "WORD", "The release's IMAGE_VERSION, put on the command line of each slot."},
      {"--force", "", "Replace an image that is already there."},
      {"--sync", "", "Wait until all of it is on the disk."},
  };
  return verb;
}

cli::Verb RootfsVerbTable() {
  cli::Verb verb;
  verb.name = "rootfs";
  verb.summary = "Make the root artifact alone, the bytes that `image` puts in both slots.";
  verb.options = {
      {"--root", "TAR|DIR", "Take the files from here.", true},
      {"--out", "FILE", "Write the ext4 file system to this file.", true},
      {"--size", "BYTES", "Size of the file system (default: that of a root slot)."},
      {"--force", "", "Replace a file that is already there."},
      {"--sync", "", "Wait until all of it is on the disk."},
  };
  return verb;
}

cli::Verb BootfsVerbTable() {
  cli::Verb verb;
  verb.name = "bootfs";
  verb.summary = "Make the boot artifact of a bundle, a FAT of a boot slot's size.";
  verb.options = {
      {"--boot", "DIR|FAT-IMAGE", "Take the boot files from here.", true},
      {"--out", "FILE", "Write the file system to this file.", true},
      {"--revision", "WORD", "The release's IMAGE_VERSION, put on its command line."},
      {"--force", "", "Replace a file that is already there."},
      {"--sync", "", "Wait until all of it is on the disk."},
  };
  return verb;
}

}  // namespace bf::provision::image
