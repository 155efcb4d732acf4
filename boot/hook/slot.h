// SPDX-License-Identifier: Apache-2.0
// What the slot hook of a bundle works on: the boot partition RAUC names, checked against the
// partition table of its disk. A wrong partition is refused, never guessed.
#pragma once

#include <string>

#include "core/disk/gpt.h"
#include "core/error/error.h"

namespace bf::boot::hook {

// From RAUC's environment.
struct Call {
  std::string slot_name;  // RAUC_SLOT_NAME: "bootfs.0" or "bootfs.1"
  std::string device;     // RAUC_SLOT_DEVICE
  std::string image;      // RAUC_IMAGE_NAME, below RAUC_BUNDLE_MOUNT_POINT
};

// A boot partition as the kernel shows it.
struct Device {
  std::string path;  // "/dev/mmcblk0p3", no symlink
  int index = 0;     // partition number
  std::uint64_t start = 0;
  std::uint64_t size = 0;
  std::uint32_t sector_size = 512;
};

struct Target {
  Device device;
  std::string slot;  // "A" or "B"
  std::string label;
  disk::Guid root_partition;
};

// "bootfs.0" → "A".
Result<std::string> SlotLetter(const std::string& slot_name);
// The entry of `device` has to be the boot partition of that slot by number, name and place, and
// the slot's root partition has to be in the same table, once.
Result<Target> FindTarget(const Call& call, const Device& device, const disk::GptTable& table);

}  // namespace bf::boot::hook
