// SPDX-License-Identifier: Apache-2.0
// GUID partition tables as bytes (UEFI 2.10, section 5.3). Pure: parses and serialises, does no
// I/O. libfdisk lays out new images; this codec judges what is on a running device's disk and
// makes the bytes of a grown table, which libfdisk can only write in five steps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/disk/guid.h"
#include "core/error/error.h"

namespace bf::disk {

struct GptEntry {
  int index = 0;  // partition number, from 1
  Guid type;
  Guid id;  // PARTUUID
  std::uint64_t first_lba = 0;
  std::uint64_t last_lba = 0;  // inclusive
  std::uint64_t attributes = 0;
  std::string name;  // UTF-8; at most 36 UTF-16 units on disk

  bool operator==(const GptEntry&) const = default;
};

struct GptTable {
  Guid disk_id;
  std::uint32_t sector_size = 512;
  std::uint64_t my_lba = 0;         // where this header was found
  std::uint64_t alternate_lba = 0;  // where it says the other one is
  std::uint64_t first_usable_lba = 0;
  std::uint64_t last_usable_lba = 0;
  std::uint64_t entries_lba = 0;
  std::uint32_t entry_count = 128;  // slots in the array
  std::uint32_t entry_size = 128;
  std::vector<GptEntry> entries;  // used ones, by index

  bool operator==(const GptTable&) const = default;
  const GptEntry* Find(int index) const;
};

// Reads `size` bytes at byte `offset` of the disk.
using ReadDisk = std::function<Status(std::uint64_t offset, std::span<std::byte> data)>;

// A header at `lba` with a valid signature, size, both checksums and sane geometry, and its
// entries. The error says which rule is broken. At most 1 MiB of entries is read.
Result<GptTable> ReadGpt(const ReadDisk& read, std::uint64_t disk_size, std::uint32_t sector_size,
                         std::uint64_t lba);

struct GptState {
  std::optional<GptTable> primary;  // valid at LBA 1
  std::string primary_problem;      // why not
  std::optional<GptTable> backup;   // valid at the last LBA of the disk
  std::string backup_problem;
  bool protective_mbr = false;

  // The table to believe: the primary, or the backup when the primary is torn.
  const GptTable* Best() const;
};
// Looks at LBA 1 and the last LBA (and, with a primary whose alternate is elsewhere, there, to
// say that the backup is misplaced).
GptState InspectGpt(const ReadDisk& read, std::uint64_t disk_size, std::uint32_t sector_size);

struct DiskWrite {
  std::uint64_t offset = 0;
  std::vector<std::byte> data;
};

// The table moved to a disk of `disk_size` bytes: alternate at the last LBA, last usable moved.
GptTable RelocateGpt(GptTable table, std::uint64_t disk_size);

// The writes that put `table` (with its used entries) on a disk of `disk_size`, in an order in
// which a cut at any point leaves one valid table, given that the primary is valid now or the
// backup at the last LBA already holds these very bytes (so: first repair a torn primary from its
// backup, then change the table). Backup entries and header at the end, the zeroed rest of the
// primary array, then the primary as one write from LBA 0 that holds the protective MBR, header
// and used part of the entry array. `first_sector` is the present LBA 0, whose boot code is kept.
// Sync between the writes.
Result<std::vector<DiskWrite>> SerialiseGpt(const GptTable& table, std::uint64_t disk_size,
                                            std::span<const std::byte> first_sector);

}  // namespace bf::disk
