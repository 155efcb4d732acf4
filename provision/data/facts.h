// SPDX-License-Identifier: Apache-2.0
// What decides about BF_DATA, observed in one go; plain, so that it can be recorded as JSON on a
// device in the field and planned from on a desk.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/disk/ext4.h"
#include "core/disk/gpt.h"
#include "core/error/error.h"
#include "core/facts/block.h"

namespace bf::provision::data {

// libblkid's opinion. Asked only where formatting is in question.
enum class Probed { kNotAsked, kNothing, kFound, kUnsure };

// What lies on the partition.
struct Content {
  std::string read_error;  // not empty: nothing below can be trusted
  std::optional<disk::Ext4Super> primary;
  // The checksum fails, and holds again with the other one of our two labels: a torn label write.
  bool torn_label = false;
  // The checksum fails, and a sound backup shows that nothing else does: a power cut tore a write
  // of the kernel's.
  bool torn_write = false;
  // Below: only looked at when the primary is not that of a finished BF_DATA.
  bool looked_deep = false;
  std::vector<disk::Ext4Backup> backups;  // up to where the partition may grow
  Probed probed = Probed::kNotAsked;
  std::string probed_as;          // "crypto_LUKS", or why there is no answer
  std::uint64_t blank_bytes = 0;  // at the start, all 0x00 or all 0xff

  // The backup to believe: of a finished BF_DATA, sound, and where that file system has it.
  const disk::Ext4Backup* SoundBackup() const;
  bool operator==(const Content&) const = default;
};
// How much of it is looked at; the second where there are backups behind the end of the partition.
inline constexpr std::uint64_t kBlankLook = 64 << 20;
inline constexpr std::uint64_t kBlankLookWhole = std::uint64_t{4} << 30;

// What is mounted at the mount point.
struct MountPoint {
  std::string fs_type;
  facts::DeviceNumber number;
  std::string source;
  std::vector<std::string> options;
  std::vector<std::string> super_options;

  bool operator==(const MountPoint&) const = default;
};

// A step of this boot and how it ended: what the next plan must not try again.
struct Attempt {
  std::string action;  // the action's kName
  std::string detail;  // for a check: which rung
  bool ok = false;
  int sys_errno = 0;
  std::string message;

  bool operator==(const Attempt&) const = default;
};

struct DataFacts {
  std::optional<facts::Disk> disk;  // under the running root
  std::string disk_problem;         // why there is none
  std::vector<std::string>
      elsewhere;          // partitions called BF_DATA on other disks: for messages only
  bool gpt_word = false;  // the kernel would believe the backup GPT
  std::optional<disk::GptTable> primary;
  std::string primary_problem;
  std::optional<disk::GptTable> backup;
  std::string backup_problem;
  std::optional<Content> content;  // absent where no single partition was found
  std::optional<MountPoint> mount;
  std::vector<std::string> skeleton_problems;  // looked at when BF_DATA is mounted
  std::string planned_uuid;                    // drawn by the initramfs for the file system
  std::vector<Attempt> history;

  // The table to believe.
  const disk::GptTable* Table() const;
  bool operator==(const DataFacts&) const = default;
};

// Entries called BF_DATA.
std::vector<const disk::GptEntry*> DataEntries(const disk::GptTable& table);
// Where the entry could end at most, inclusive: aligned to 1 MiB, before the next partition and
// before the backup table at the end of a disk of this size. Never before its present end.
std::uint64_t GrowthLimit(const disk::GptTable& table, const disk::GptEntry& entry,
                          std::uint64_t disk_size);

nlohmann::ordered_json FactsToJson(const DataFacts& facts);
Result<DataFacts> ParseFacts(std::string_view text);

}  // namespace bf::provision::data
