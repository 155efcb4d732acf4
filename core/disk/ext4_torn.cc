// SPDX-License-Identifier: Apache-2.0
#include "core/disk/ext4_torn.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/disk/bytes.h"
#include "core/disk/crc.h"
#include "core/disk/ext4.h"

namespace bf::disk {
namespace {

constexpr std::size_t kInodes = 0x00;
constexpr std::size_t kInodesPerGroup = 0x28;
constexpr std::size_t kIncompat = 0x60;
constexpr std::size_t kRoCompat = 0x64;
constexpr std::size_t kChecksum = 0x3fc;
constexpr std::uint32_t kIncompatRecover = 0x4;
constexpr std::uint32_t kRoCompatOrphanPresent = 0x10000;

struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kRewritten[] = {
    {0x00, 4},      // s_inodes_count: growing
    {0x04, 4},      // s_blocks_count_lo: growing
    {0x08, 4},      // s_r_blocks_count_lo: growing
    {0x0c, 8},      // s_free_blocks_count_lo, s_free_inodes_count
    {0x2c, 10},     // s_mtime, s_wtime, s_mnt_count
    {0x3a, 2},      // s_state
    {0x40, 4},      // s_lastcheck
    {0x5a, 2},      // s_block_group_nr: each copy has its own
    {0x88, 64},     // s_last_mounted
    {0xce, 2},      // s_reserved_gdt_blocks: growing
    {0xe8, 4},      // s_last_orphan
    {0x150, 12},    // the high halves of the block counts
    {0x178, 8},     // s_kbytes_written
    {0x194, 0x6c},  // s_error_count to s_last_error_func
    {0x248, 4},     // s_overhead_clusters
    {0x274, 2},     // s_wtime_hi, s_mtime_hi
    {0x277, 5},     // s_lastcheck_hi, the high halves of the error times, the error codes
    {kChecksum, 4},
};

using Super = std::array<std::byte, kExt4SuperSize>;

// What never changes in a file system once it is made.
Super Lasting(std::span<const std::byte> bytes) {
  Super super;
  std::copy_n(bytes.begin(), super.size(), super.begin());
  for (const Field& field : kRewritten) {
    std::fill_n(super.begin() + static_cast<std::ptrdiff_t>(field.at), field.size, std::byte{0});
  }
  PutLe<std::uint32_t>(super, kIncompat, Get32(super, kIncompat) & ~kIncompatRecover);
  PutLe<std::uint32_t>(super, kRoCompat, Get32(super, kRoCompat) & ~kRoCompatOrphanPresent);
  return super;
}

// A file system only grows, and its inodes with its groups.
bool SizesAgree(std::span<const std::byte> primary, const Ext4Super& now, const Ext4Super& before) {
  if (now.block_count < before.block_count) return false;
  const std::uint64_t groups =
      (now.block_count - now.first_data_block + now.blocks_per_group - 1) / now.blocks_per_group;
  return groups * Get32(primary, kInodesPerGroup) == Get32(primary, kInodes);
}

// CRCs are linear: what one changed byte does to the checksum depends on its place and on the
// changed bits alone, so every such change can be tried without the original.
bool IsOneFlippedByte(std::span<const std::byte> primary) {
  const std::uint32_t wrong =
      Crc32c(~std::uint32_t{0}, primary.first(kChecksum)) ^ Get32(primary, kChecksum);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    if ((wrong & ~(std::uint32_t{0xff} << shift)) == 0) return true;  // in the checksum itself
  }
  // What each bit of the last byte does; one byte further to the front is one byte more of zeros.
  std::array<std::uint32_t, 8> bits;
  for (unsigned i = 0; i < bits.size(); ++i) {
    bits[i] = Crc32c(0, std::array{std::byte{1} << i});
  }
  for (std::size_t place = kChecksum; place-- > 0;) {
    std::array<std::uint32_t, 256> change{};
    for (unsigned delta = 1; delta < change.size(); ++delta) {
      const unsigned low = static_cast<unsigned>(__builtin_ctz(delta));
      change[delta] = change[delta & (delta - 1)] ^ bits[low];
      if (change[delta] == wrong) return true;
    }
    for (std::uint32_t& bit : bits) bit = Crc32c(bit, std::array{std::byte{0}});
  }
  return false;
}

}  // namespace

bool IsTornExt4Write(std::span<const std::byte> primary, std::span<const std::byte> backup) {
  const auto now = ParseExt4Super(primary);
  const auto before = ParseExt4Super(backup);
  if (!now || !now->has_checksum || now->checksum_ok || now->group != 0) return false;
  if (!before || !before->Trusted()) return false;
  return Lasting(primary) == Lasting(backup) && SizesAgree(primary, *now, *before) &&
         !IsOneFlippedByte(primary);
}

}  // namespace bf::disk
