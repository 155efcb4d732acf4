// SPDX-License-Identifier: Apache-2.0
// The ext4 superblock (Linux Documentation/filesystems/ext4/super.rst): judged, and relabelled.
// Pure: bytes in, struct out. No file system is mounted or walked here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/disk/gpt.h"
#include "core/disk/guid.h"
#include "core/error/error.h"

namespace bf::disk {

inline constexpr std::uint64_t kExt4SuperOffset = 1024;
inline constexpr std::size_t kExt4SuperSize = 1024;

struct Ext4Super {
  std::string label;
  Guid uuid;
  std::uint32_t block_size = 4096;
  std::uint64_t block_count = 0;
  std::uint32_t blocks_per_group = 32768;
  std::uint32_t first_data_block = 0;
  bool checksum_ok = true;      // false: magic is there, but metadata_csum does not agree
  bool has_checksum = false;    // metadata_csum is on
  bool needs_recovery = false;  // journal not empty: was not unmounted
  bool has_errors = false;      // EXT2_ERROR_FS or a recorded error count
  bool clean = false;           // EXT2_VALID_FS
  bool quota = false;           // RO_COMPAT_QUOTA
  bool project = false;         // RO_COMPAT_PROJECT
  bool sparse_super2 = false;
  std::uint16_t group = 0;  // s_block_group_nr: 0 in the primary

  std::uint64_t SizeBytes() const { return block_count * block_size; }
  // One flipped bit clears metadata_csum, and nothing is checked any more: no checksum is as little
  // worth as a wrong one where every file system of ours has it.
  bool Trusted() const { return has_checksum && checksum_ok; }
  bool operator==(const Ext4Super&) const = default;
};

// The superblock in these 1024 bytes; nullopt when the magic number or the geometry is absent.
// A superblock whose checksum fails is returned, with checksum_ok false: it is evidence.
std::optional<Ext4Super> ParseExt4Super(std::span<const std::byte> bytes);

// Sets the label (at most 16 bytes) and the checksum. The bytes must parse.
Status RelabelExt4Super(std::span<std::byte> bytes, const std::string& label);

struct Ext4Backup {
  std::uint64_t offset = 0;  // of the superblock, in bytes from the start of the partition
  Ext4Super super;
  bool operator==(const Ext4Backup&) const = default;
};
// The backup superblocks of groups 1, 3, 5, 7, 9, 25, 27, 49, 81, 125 … for block sizes 1, 2 and 4
// KiB that are there, in a partition of `size` bytes. Bounded: at most 64 reads of 1 KiB. A read
// error is returned, never taken for absence.
Result<std::vector<Ext4Backup>> FindExt4Backups(const ReadDisk& read, std::uint64_t size);
// Where a partition of `size` bytes could have any, as they are looked for.
std::vector<std::uint64_t> Ext4BackupPlaces(std::uint64_t size);
// Whether it can be believed: it is sound, and lies where a file system of 4 KiB blocks, as ours
// are, has a backup of its own and nothing else. The places of smaller blocks are data blocks of
// ours, which any user can fill with what looks like a superblock.
bool IsBelievable(const Ext4Backup& backup);
// Where the backups of this file system are, by its own geometry.
std::vector<std::uint64_t> Ext4BackupOffsets(const Ext4Super& super);

}  // namespace bf::disk
