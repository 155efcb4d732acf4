// SPDX-License-Identifier: Apache-2.0
#include "core/disk/ext4.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/disk/bytes.h"
#include "core/disk/crc.h"

namespace bf::disk {
namespace {

// Offsets in the superblock.
constexpr std::size_t kBlocksLow = 0x04;
constexpr std::size_t kFirstDataBlock = 0x14;
constexpr std::size_t kLogBlockSize = 0x18;
constexpr std::size_t kBlocksPerGroup = 0x20;
constexpr std::size_t kMagic = 0x38;
constexpr std::size_t kState = 0x3a;
constexpr std::size_t kGroupNumber = 0x5a;
constexpr std::size_t kCompat = 0x5c;
constexpr std::size_t kIncompat = 0x60;
constexpr std::size_t kRoCompat = 0x64;
constexpr std::size_t kUuid = 0x68;
constexpr std::size_t kLabel = 0x78;
constexpr std::size_t kLabelSize = 16;
constexpr std::size_t kBlocksHigh = 0x150;
constexpr std::size_t kErrorCount = 0x194;
constexpr std::size_t kChecksum = 0x3fc;

constexpr std::uint16_t kMagicValue = 0xef53;
constexpr std::uint16_t kStateValid = 1;
constexpr std::uint16_t kStateError = 2;
constexpr std::uint32_t kCompatSparseSuper2 = 0x200;
constexpr std::uint32_t kIncompatRecover = 0x4;
constexpr std::uint32_t kIncompat64Bit = 0x80;
constexpr std::uint32_t kRoCompatQuota = 0x100;
constexpr std::uint32_t kRoCompatMetadataCsum = 0x400;
constexpr std::uint32_t kRoCompatProject = 0x2000;

constexpr std::size_t kMaxBackupReads = 64;

std::uint32_t ChecksumOf(std::span<const std::byte> bytes) {
  return Crc32c(~std::uint32_t{0}, bytes.first(kChecksum));
}

// Groups that hold a backup under sparse_super: 1 and the powers of 3, 5 and 7.
std::vector<std::uint64_t> BackupGroups(std::uint64_t below) {
  std::vector<std::uint64_t> groups;
  if (below > 1) groups.push_back(1);
  for (const std::uint64_t base : {3U, 5U, 7U}) {
    for (std::uint64_t group = base; group < below; group *= base) groups.push_back(group);
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

}  // namespace

std::optional<Ext4Super> ParseExt4Super(std::span<const std::byte> bytes) {
  if (bytes.size() < kExt4SuperSize) return std::nullopt;
  if (Get16(bytes, kMagic) != kMagicValue) return std::nullopt;
  const std::uint32_t log_block_size = Get32(bytes, kLogBlockSize);
  if (log_block_size > 6) return std::nullopt;  // 64 KiB is the largest there is

  Ext4Super super;
  super.block_size = 1024U << log_block_size;
  super.blocks_per_group = Get32(bytes, kBlocksPerGroup);
  super.first_data_block = Get32(bytes, kFirstDataBlock);
  super.block_count = Get32(bytes, kBlocksLow);
  const std::uint32_t incompat = Get32(bytes, kIncompat);
  const std::uint32_t ro_compat = Get32(bytes, kRoCompat);
  if ((incompat & kIncompat64Bit) != 0) {
    super.block_count |= std::uint64_t{Get32(bytes, kBlocksHigh)} << 32;
  }
  // More blocks than bytes in 2^64 cannot be: SizeBytes() may be trusted not to wrap.
  if (super.block_count == 0 || super.block_count > (~std::uint64_t{0} >> (10 + log_block_size)) ||
      super.blocks_per_group == 0 || super.first_data_block > 1) {
    return std::nullopt;
  }
  const std::uint16_t state = Get16(bytes, kState);
  super.clean = (state & kStateValid) != 0;
  super.has_errors = (state & kStateError) != 0 || Get32(bytes, kErrorCount) != 0;
  super.needs_recovery = (incompat & kIncompatRecover) != 0;
  super.quota = (ro_compat & kRoCompatQuota) != 0;
  super.project = (ro_compat & kRoCompatProject) != 0;
  super.sparse_super2 = (Get32(bytes, kCompat) & kCompatSparseSuper2) != 0;
  super.has_checksum = (ro_compat & kRoCompatMetadataCsum) != 0;
  super.checksum_ok = !super.has_checksum || ChecksumOf(bytes) == Get32(bytes, kChecksum);
  super.group = Get16(bytes, kGroupNumber);
  std::memcpy(super.uuid.bytes.data(), bytes.data() + kUuid, super.uuid.bytes.size());
  std::array<char, kLabelSize> label{};
  std::memcpy(label.data(), bytes.data() + kLabel, kLabelSize);
  super.label.assign(label.begin(), std::find(label.begin(), label.end(), '\0'));
  return super;
}

Status RelabelExt4Super(std::span<std::byte> bytes, const std::string& label) {
  const auto super = ParseExt4Super(bytes);
  if (!super) return Fail("there is no ext4 superblock to label");
  if (label.size() > kLabelSize) {
    return Fail("the label \"{}\" is longer than {} bytes", label, kLabelSize);
  }
  const auto field = bytes.subspan(kLabel, kLabelSize);
  std::fill(field.begin(), field.end(), std::byte{0});
  std::memcpy(field.data(), label.data(), label.size());
  if (super->has_checksum) PutLe<std::uint32_t>(bytes, kChecksum, ChecksumOf(bytes));
  return {};
}

std::vector<std::uint64_t> Ext4BackupPlaces(std::uint64_t size) {
  // What mke2fs lays out for each block size: eight times as many blocks per group as a block has
  // bytes, and with blocks of 1 KiB everything is one block further.
  std::vector<std::uint64_t> offsets;
  for (const std::uint64_t block : {1024U, 2048U, 4096U}) {
    const std::uint64_t first = block == 1024 ? 1024 : 0;
    const std::uint64_t group_bytes = block * 8 * block;
    for (const std::uint64_t group : BackupGroups((size + group_bytes - 1) / group_bytes)) {
      const std::uint64_t offset = first + group * group_bytes;
      if (offset + kExt4SuperSize <= size) offsets.push_back(offset);
    }
  }
  std::sort(offsets.begin(), offsets.end());
  offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
  if (offsets.size() > kMaxBackupReads) offsets.resize(kMaxBackupReads);
  return offsets;
}

Result<std::vector<Ext4Backup>> FindExt4Backups(const ReadDisk& read, std::uint64_t size) {
  std::vector<Ext4Backup> found;
  std::array<std::byte, kExt4SuperSize> bytes{};
  for (const std::uint64_t offset : Ext4BackupPlaces(size)) {
    BF_TRY_DOING(read(offset, bytes), "look for a backup superblock at byte {}", offset);
    if (auto super = ParseExt4Super(bytes)) found.push_back({offset, *std::move(super)});
  }
  return found;
}

bool IsBelievable(const Ext4Backup& backup) {
  const Ext4Super& super = backup.super;
  if (!super.Trusted() || super.block_size != 4096 || super.blocks_per_group != 8 * 4096 ||
      super.first_data_block != 0) {
    return false;
  }
  const std::vector<std::uint64_t> places = Ext4BackupOffsets(super);
  return std::find(places.begin(), places.end(), backup.offset) != places.end();
}

std::vector<std::uint64_t> Ext4BackupOffsets(const Ext4Super& super) {
  std::vector<std::uint64_t> offsets;
  if (super.blocks_per_group == 0 || super.block_count <= super.first_data_block) return offsets;
  const std::uint64_t groups =
      (super.block_count - super.first_data_block + super.blocks_per_group - 1) /
      super.blocks_per_group;
  // sparse_super2 keeps at most two, in groups 1 and the last (mke2fs' default choice).
  const std::vector<std::uint64_t> candidates =
      super.sparse_super2
          ? (groups > 2 ? std::vector<std::uint64_t>{1, groups - 1}
                        : std::vector<std::uint64_t>(groups > 1 ? 1 : 0, std::uint64_t{1}))
          : BackupGroups(groups);
  for (const std::uint64_t group : candidates) {
    offsets.push_back((super.first_data_block + group * super.blocks_per_group) * super.block_size);
  }
  return offsets;
}

}  // namespace bf::disk
