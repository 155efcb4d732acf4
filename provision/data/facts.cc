// SPDX-License-Identifier: Apache-2.0
#include "provision/data/facts.h"

#include "provision/data/policy.h"

namespace bf::provision::data {

const disk::GptTable* DataFacts::Table() const {
  if (primary) return &*primary;
  return backup ? &*backup : nullptr;
}

const disk::Ext4Backup* Content::SoundBackup() const {
  for (const auto& backup : backups) {
    const auto offsets = disk::Ext4BackupOffsets(backup.super);
    if (backup.super.label == kLabel && backup.super.Trusted() &&
        std::find(offsets.begin(), offsets.end(), backup.offset) != offsets.end()) {
      return &backup;
    }
  }
  return nullptr;
}

std::vector<const disk::GptEntry*> DataEntries(const disk::GptTable& table) {
  std::vector<const disk::GptEntry*> found;
  for (const auto& entry : table.entries) {
    if (entry.name == kPartitionName) found.push_back(&entry);
  }
  return found;
}

std::uint64_t GrowthLimit(const disk::GptTable& table, const disk::GptEntry& entry,
                          std::uint64_t disk_size) {
  std::uint64_t end = disk::RelocateGpt(table, disk_size).last_usable_lba + 1;  // exclusive
  for (const auto& other : table.entries) {
    if (other.first_lba > entry.last_lba) end = std::min(end, other.first_lba);
  }
  const std::uint64_t unit = std::max<std::uint64_t>(1, (1 << 20) / table.sector_size);
  end -= end % unit;
  return std::max(entry.last_lba, end == 0 ? 0 : end - 1);
}

}  // namespace bf::provision::data
