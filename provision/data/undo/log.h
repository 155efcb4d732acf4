// SPDX-License-Identifier: Apache-2.0
// The undo log of a repair: what each 4 KiB of the device held before the first write to it.
//
// e2fsck -z would be the usual way, but it keeps its index in memory until it ends: killed at a
// deadline it leaves nothing to undo with. And e2fsck 1.47.0 with -z crashes as soon as it turns to
// a backup superblock, half way through the repair.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bf::provision::data::undo {

inline constexpr char kMagic[16] = "BF-UNDO-LOG 1\n";
inline constexpr std::size_t kGranule = 4096;

// Numbers are in the order of the machine: a log is for the device it was made on.
struct Header {
  char magic[16];
  std::uint64_t device_size;
};
struct Record {
  std::uint64_t offset;
  std::uint32_t size;  // kGranule, or less at the end of the device
  std::uint32_t crc;   // of the data, which follows
};

// The environment by which the preloaded library is told.
inline constexpr char kLogVariable[] = "BF_UNDO_LOG";
inline constexpr char kDeviceVariable[] = "BF_UNDO_DEVICE";
inline constexpr char kLimitVariable[] = "BF_UNDO_LIMIT";

}  // namespace bf::provision::data::undo
