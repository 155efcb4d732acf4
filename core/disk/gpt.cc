// SPDX-License-Identifier: Apache-2.0
#include "core/disk/gpt.h"

#include <algorithm>
#include <cstring>

#include "core/disk/bytes.h"
#include "core/disk/crc.h"
#include "core/disk/utf16.h"

namespace bf::disk {
namespace {

constexpr char kSignature[] = "EFI PART";
constexpr std::uint32_t kRevision = 0x00010000;
constexpr std::uint32_t kHeaderSize = 92;
constexpr std::uint32_t kEntrySize = 128;
constexpr std::size_t kNameUnits = 36;
constexpr std::uint64_t kMaxArrayBytes = 1 << 20;
constexpr std::uint64_t kPrimaryEntriesLba = 2;
constexpr std::size_t kMbrSize = 512;
constexpr std::size_t kMbrTable = 446;
constexpr std::byte kProtectiveType{0xee};
// What a running device may tear is one write of this size, if header and entries fit.
constexpr std::uint64_t kAtomicWrite = 4096;

std::uint64_t RoundUp(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::uint64_t ArraySectors(const GptTable& table) {
  return RoundUp(std::uint64_t{table.entry_count} * table.entry_size, table.sector_size) /
         table.sector_size;
}

Status CheckSectorSize(std::uint32_t sector_size) {
  if (sector_size < 512 || sector_size > 65536 || (sector_size & (sector_size - 1)) != 0) {
    return Fail("a sector size of {} bytes is not possible", sector_size);
  }
  return {};
}

Guid GuidAt(std::span<const std::byte> bytes, std::size_t offset) {
  std::array<std::uint8_t, 16> stored{};
  std::memcpy(stored.data(), bytes.data() + offset, stored.size());
  return Guid::FromGptBytes(stored);
}

void PutGuid(std::span<std::byte> bytes, std::size_t offset, const Guid& guid) {
  const auto stored = guid.ToGptBytes();
  std::memcpy(bytes.data() + offset, stored.data(), stored.size());
}

GptEntry ParseEntry(std::span<const std::byte> bytes, int index) {
  GptEntry entry;
  entry.index = index;
  entry.type = GuidAt(bytes, 0);
  entry.id = GuidAt(bytes, 16);
  entry.first_lba = Get64(bytes, 32);
  entry.last_lba = Get64(bytes, 40);
  entry.attributes = Get64(bytes, 48);
  std::array<std::uint16_t, kNameUnits> name{};
  for (std::size_t i = 0; i < kNameUnits; ++i) name[i] = Get16(bytes, 56 + 2 * i);
  entry.name = Utf16ToUtf8(name);
  return entry;
}

// Partitions inside the usable range and beside each other.
Status CheckEntries(const GptTable& table) {
  std::vector<const GptEntry*> by_start;
  for (const GptEntry& entry : table.entries) {
    if (entry.first_lba > entry.last_lba || entry.first_lba < table.first_usable_lba ||
        entry.last_lba > table.last_usable_lba) {
      return Fail("partition {} ({}-{}) lies outside of the usable range {}-{}", entry.index,
                  entry.first_lba, entry.last_lba, table.first_usable_lba, table.last_usable_lba);
    }
    by_start.push_back(&entry);
  }
  std::sort(by_start.begin(), by_start.end(),
            [](const GptEntry* a, const GptEntry* b) { return a->first_lba < b->first_lba; });
  for (std::size_t i = 1; i < by_start.size(); ++i) {
    if (by_start[i]->first_lba <= by_start[i - 1]->last_lba) {
      return Fail("partitions {} and {} overlap", by_start[i - 1]->index, by_start[i]->index);
    }
  }
  return {};
}

// The header at `lba` judged by itself; entries are not read yet.
Result<GptTable> ParseHeader(std::span<std::byte> sector, std::uint64_t lba,
                             std::uint64_t disk_sectors) {
  if (std::memcmp(sector.data(), kSignature, 8) != 0) return Fail("no GPT signature");
  if (Get32(sector, 8) != kRevision) {
    return Fail("GPT revision {:#x} is not known", Get32(sector, 8));
  }
  const std::uint32_t header_size = Get32(sector, 12);
  if (header_size < kHeaderSize || header_size > sector.size()) {
    return Fail("a GPT header of {} bytes is not possible", header_size);
  }
  const std::uint32_t stored_crc = Get32(sector, 16);
  PutLe<std::uint32_t>(sector, 16, 0);
  if (Crc32(sector.first(header_size)) != stored_crc) return Fail("wrong header checksum");

  GptTable table;
  table.sector_size = static_cast<std::uint32_t>(sector.size());
  table.my_lba = Get64(sector, 24);
  table.alternate_lba = Get64(sector, 32);
  table.first_usable_lba = Get64(sector, 40);
  table.last_usable_lba = Get64(sector, 48);
  table.disk_id = GuidAt(sector, 56);
  table.entries_lba = Get64(sector, 72);
  table.entry_count = Get32(sector, 80);
  table.entry_size = Get32(sector, 84);

  if (table.my_lba != lba) {
    return Fail("the header says it belongs at LBA {}", table.my_lba);
  }
  // Linux reads no other size either.
  if (table.entry_size != kEntrySize || table.entry_count == 0) {
    return Fail("{} entries of {} bytes are not supported", table.entry_count, table.entry_size);
  }
  if (std::uint64_t{table.entry_count} * table.entry_size > kMaxArrayBytes) {
    return Fail("{} entries are too many", table.entry_count);
  }
  if (table.first_usable_lba > table.last_usable_lba || table.last_usable_lba >= disk_sectors) {
    return Fail("the usable range {}-{} does not fit a disk of {} sectors", table.first_usable_lba,
                table.last_usable_lba, disk_sectors);
  }
  const std::uint64_t array_sectors = ArraySectors(table);
  if (table.entries_lba == 0 || table.entries_lba >= disk_sectors ||
      array_sectors > disk_sectors - table.entries_lba) {
    return Fail("the entry array at LBA {} does not fit the disk", table.entries_lba);
  }
  const std::uint64_t array_end = table.entries_lba + array_sectors;  // exclusive
  if ((table.entries_lba <= lba && lba < array_end) ||
      (table.entries_lba <= table.last_usable_lba && array_end > table.first_usable_lba) ||
      (table.first_usable_lba <= lba && lba <= table.last_usable_lba)) {
    return Fail("header, entry array and usable range overlap");
  }
  return table;
}

bool IsUsedMbrEntry(std::span<const std::byte> sector, std::size_t n) {
  return sector[kMbrTable + 16 * n + 4] != std::byte{0};
}

bool HasMbrSignature(std::span<const std::byte> sector) {
  return sector.size() >= kMbrSize && sector[510] == std::byte{0x55} &&
         sector[511] == std::byte{0xaa};
}

bool HasProtectiveEntry(std::span<const std::byte> sector) {
  if (!HasMbrSignature(sector)) return false;
  for (std::size_t n = 0; n < 4; ++n) {
    if (sector[kMbrTable + 16 * n + 4] == kProtectiveType) return true;
  }
  return false;
}

// Boot code and disk signature stay; so does a hybrid MBR, which somebody made on purpose.
void PutProtectiveMbr(std::span<std::byte> sector, std::uint64_t disk_sectors) {
  const bool protective = HasProtectiveEntry(sector);
  int used = 0;
  for (std::size_t n = 0; n < 4; ++n) used += IsUsedMbrEntry(sector, n) ? 1 : 0;
  if (protective && used > 1) return;
  std::size_t entry = kMbrTable;
  if (protective) {
    while (sector[entry + 4] != kProtectiveType) entry += 16;
  } else {
    std::fill(sector.begin() + kMbrTable, sector.begin() + kMbrTable + 64, std::byte{0});
  }
  // Cylinder 0, head 0, sector 2 up to "further than CHS can say", as UEFI table 5.4 has it.
  constexpr std::uint8_t kChs[] = {0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff};
  std::memcpy(sector.data() + entry + 1, kChs, sizeof kChs);
  PutLe<std::uint32_t>(sector, entry + 8, 1);
  PutLe<std::uint32_t>(
      sector, entry + 12,
      static_cast<std::uint32_t>(std::min<std::uint64_t>(disk_sectors - 1, 0xffffffff)));
  sector[510] = std::byte{0x55};
  sector[511] = std::byte{0xaa};
}

Result<std::vector<std::byte>> SerialiseEntries(const GptTable& table) {
  std::vector<std::byte> array(ArraySectors(table) * table.sector_size);
  int last_index = 0;
  for (const GptEntry& entry : table.entries) {
    if (entry.index <= last_index || static_cast<std::uint32_t>(entry.index) > table.entry_count) {
      return Fail("partition number {} is out of order or out of range", entry.index);
    }
    last_index = entry.index;
    if (entry.type.IsZero()) return Fail("partition {} has no type", entry.index);
    const auto name = Utf8ToUtf16(entry.name);
    if (!name || name->size() > kNameUnits) {
      return Fail("the name of partition {} is longer than {} characters or not UTF-8", entry.index,
                  kNameUnits);
    }
    const auto slot = std::span(array).subspan(
        (static_cast<std::size_t>(entry.index) - 1) * kEntrySize, kEntrySize);
    PutGuid(slot, 0, entry.type);
    PutGuid(slot, 16, entry.id);
    PutLe(slot, 32, entry.first_lba);
    PutLe(slot, 40, entry.last_lba);
    PutLe(slot, 48, entry.attributes);
    for (std::size_t i = 0; i < name->size(); ++i) PutLe(slot, 56 + 2 * i, (*name)[i]);
  }
  return array;
}

std::vector<std::byte> SerialiseHeader(const GptTable& table, std::uint32_t entries_crc) {
  std::vector<std::byte> sector(table.sector_size);
  std::memcpy(sector.data(), kSignature, 8);
  PutLe(sector, 8, kRevision);
  PutLe(sector, 12, kHeaderSize);
  PutLe(sector, 24, table.my_lba);
  PutLe(sector, 32, table.alternate_lba);
  PutLe(sector, 40, table.first_usable_lba);
  PutLe(sector, 48, table.last_usable_lba);
  PutGuid(sector, 56, table.disk_id);
  PutLe(sector, 72, table.entries_lba);
  PutLe(sector, 80, table.entry_count);
  PutLe(sector, 84, table.entry_size);
  PutLe(sector, 88, entries_crc);
  PutLe(sector, 16, Crc32(std::span<const std::byte>(sector).first(kHeaderSize)));
  return sector;
}

}  // namespace

const GptEntry* GptTable::Find(int index) const {
  for (const GptEntry& entry : entries) {
    if (entry.index == index) return &entry;
  }
  return nullptr;
}

Result<GptTable> ReadGpt(const ReadDisk& read, std::uint64_t disk_size, std::uint32_t sector_size,
                         std::uint64_t lba) {
  BF_TRY(CheckSectorSize(sector_size));
  const std::uint64_t disk_sectors = disk_size / sector_size;
  if (lba >= disk_sectors) return Fail("LBA {} is beyond the end of the disk", lba);
  std::vector<std::byte> sector(sector_size);
  BF_TRY(read(lba * sector_size, sector));
  const std::uint32_t entries_crc = Get32(sector, 88);
  BF_ASSIGN(GptTable table, ParseHeader(sector, lba, disk_sectors));

  std::vector<std::byte> array(std::size_t{table.entry_count} * table.entry_size);
  BF_TRY(read(table.entries_lba * sector_size, array));
  if (Crc32(array) != entries_crc) return Fail("wrong checksum of the entry array");
  for (std::uint32_t i = 0; i < table.entry_count; ++i) {
    const auto bytes = std::span(array).subspan(std::size_t{i} * kEntrySize, kEntrySize);
    if (GuidAt(bytes, 0).IsZero()) continue;
    table.entries.push_back(ParseEntry(bytes, static_cast<int>(i) + 1));
  }
  BF_TRY(CheckEntries(table));
  return table;
}

const GptTable* GptState::Best() const {
  if (primary) return &*primary;
  return backup ? &*backup : nullptr;
}

GptState InspectGpt(const ReadDisk& read, std::uint64_t disk_size, std::uint32_t sector_size) {
  GptState state;
  const auto take = [](Result<GptTable> found, std::optional<GptTable>& table,
                       std::string& problem) {
    if (found) {
      table = std::move(*found);
    } else {
      problem = found.error().ToString();
    }
  };
  take(ReadGpt(read, disk_size, sector_size, 1), state.primary, state.primary_problem);
  if (CheckSectorSize(sector_size) && disk_size / sector_size > 2) {
    const std::uint64_t last = disk_size / sector_size - 1;
    take(ReadGpt(read, disk_size, sector_size, last), state.backup, state.backup_problem);
    if (!state.backup && state.primary && state.primary->alternate_lba != last) {
      const auto elsewhere = ReadGpt(read, disk_size, sector_size, state.primary->alternate_lba);
      state.backup_problem = fmt::format("misplaced: {} LBA {}, and the last LBA of the disk is {}",
                                         elsewhere ? "it is at" : "the primary says it is at",
                                         state.primary->alternate_lba, last);
    }
  } else {
    state.backup_problem = "the disk is too small for one";
  }
  std::array<std::byte, kMbrSize> first{};
  state.protective_mbr = disk_size >= kMbrSize && read(0, first) && HasProtectiveEntry(first);
  return state;
}

GptTable RelocateGpt(GptTable table, std::uint64_t disk_size) {
  const std::uint64_t last = disk_size / table.sector_size - 1;
  if (table.my_lba != 1) table.entries_lba = kPrimaryEntriesLba;
  table.my_lba = 1;
  table.alternate_lba = last;
  table.last_usable_lba = last - ArraySectors(table) - 1;
  return table;
}

Result<std::vector<DiskWrite>> SerialiseGpt(const GptTable& table, std::uint64_t disk_size,
                                            std::span<const std::byte> first_sector) {
  BF_TRY(CheckSectorSize(table.sector_size));
  const std::uint64_t sector = table.sector_size;
  const std::uint64_t disk_sectors = disk_size / sector;
  if (table.entry_size != kEntrySize || table.entry_count == 0 ||
      std::uint64_t{table.entry_count} * kEntrySize > kMaxArrayBytes) {
    return Fail("{} entries of {} bytes are not supported", table.entry_count, table.entry_size);
  }
  if (first_sector.size() != sector) {
    return Fail("the first sector has {} bytes instead of {}", first_sector.size(), sector);
  }
  if (table.my_lba == 1 && table.entries_lba != kPrimaryEntriesLba) {
    return Fail("the entry array is at LBA {}: what lies between it and the header is not ours",
                table.entries_lba);
  }
  const std::uint64_t array_sectors = ArraySectors(table);
  if (disk_sectors < 2 * array_sectors + 4 ||
      table.first_usable_lba < kPrimaryEntriesLba + array_sectors ||
      table.first_usable_lba > table.last_usable_lba ||
      table.last_usable_lba > disk_sectors - array_sectors - 2) {
    return Fail("the usable range {}-{} does not leave room for the table on {} sectors",
                table.first_usable_lba, table.last_usable_lba, disk_sectors);
  }
  BF_TRY(CheckEntries(table));
  BF_ASSIGN(std::vector<std::byte> array, SerialiseEntries(table));
  const std::uint32_t crc =
      Crc32(std::span<const std::byte>(array).first(std::size_t{table.entry_count} * kEntrySize));

  GptTable primary = table;
  primary.my_lba = 1;
  primary.alternate_lba = disk_sectors - 1;
  primary.entries_lba = kPrimaryEntriesLba;
  GptTable backup = table;
  backup.my_lba = disk_sectors - 1;
  backup.alternate_lba = 1;
  backup.entries_lba = disk_sectors - 1 - array_sectors;

  const std::uint64_t used_end =
      table.entries.empty() ? 0
                            : static_cast<std::uint64_t>(table.entries.back().index) * kEntrySize;
  const std::uint64_t array_at = kPrimaryEntriesLba * sector;
  const std::uint64_t head_size = std::min(
      RoundUp(array_at + used_end, std::max(kAtomicWrite, sector)), array_at + array.size());
  const auto split = static_cast<std::ptrdiff_t>(head_size - array_at);

  DiskWrite head{0, std::vector<std::byte>(first_sector.begin(), first_sector.end())};
  PutProtectiveMbr(head.data, disk_sectors);
  const auto primary_header = SerialiseHeader(primary, crc);
  head.data.insert(head.data.end(), primary_header.begin(), primary_header.end());
  head.data.insert(head.data.end(), array.begin(), array.begin() + split);

  std::vector<DiskWrite> writes;
  writes.push_back({backup.entries_lba * sector, array});
  writes.push_back({backup.my_lba * sector, SerialiseHeader(backup, crc)});
  // The unused rest of the primary array is zero already, except under a torn primary. Before the
  // head, so that the head alone decides when the new primary holds.
  if (static_cast<std::size_t>(split) < array.size()) {
    writes.push_back({head_size, std::vector<std::byte>(array.begin() + split, array.end())});
  }
  writes.push_back(std::move(head));
  return writes;
}

}  // namespace bf::disk
