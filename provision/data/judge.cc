// SPDX-License-Identifier: Apache-2.0
#include "provision/data/judge.h"

#include "core/policy/reader.h"

namespace bf::provision::data {
namespace {

constexpr std::uint64_t kBlankNeeded = 1 << 20;

std::string ListEntries(const DataFacts& facts) {
  std::string list;
  for (const auto& entry : facts.Table()->entries) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", entry.index,
                        entry.name.empty() ? "(no name)" : entry.name);
  }
  return list.empty() ? "no partitions at all" : list;
}

std::string ListElsewhere(const DataFacts& facts) {
  if (facts.elsewhere.empty()) return "";
  std::string list;
  for (const auto& name : facts.elsewhere) list += (list.empty() ? "" : ", ") + name;
  return fmt::format("; what is called so on other disks is never used ({})", list);
}

std::uint64_t SizeOf(const disk::GptTable& table, const disk::GptEntry& entry) {
  return (entry.last_lba - entry.first_lba + 1) * table.sector_size;
}

Judgement Keep(std::string why) { return {Verdict::kKeep, std::move(why), nullptr}; }

std::string Label(const std::string& label) {
  return label.empty() ? "without a label" : fmt::format("labelled \"{}\"", label);
}

// Backups from before the image was written are no evidence of data that could be lost, when they
// lie beyond a partition that is blank from end to end: whoever wrote the image wrote over them.
bool IsEvidence(const disk::Ext4Backup& backup, const Content& content, std::uint64_t size) {
  if (backup.super.label == kLabelNew) return false;  // our own unfinished mkfs
  return backup.offset < size || content.blank_bytes < std::min(size, kBlankLookWhole);
}

Judgement JudgeDamaged(const DataPolicy& policy, const Content& content, const std::string& device,
                       std::string_view damage) {
  const disk::Ext4Backup* backup = content.SoundBackup();
  if (backup == nullptr) {
    return Keep(fmt::format(
        "{} and no usable backup superblock was found; look at it with `e2fsck -n /dev/{}`", damage,
        device));
  }
  if (policy.damaged_superblock.value == DamagedSuperblock::kRepair) {
    return {Verdict::kRepair, std::string(damage), backup};
  }
  const std::uint32_t block = backup->super.block_size;
  return Keep(
      fmt::format("{}; its backups say that it is a finished BF_DATA. `e2fsck -f -b {} -B {} "
                  "/dev/{}` repairs it, and so does damaged_superblock = \"repair\" at every boot",
                  damage, backup->offset / block, block, device));
}

std::string_view Damage(const Content& content) {
  if (!content.primary) return "its ext4 superblock is gone";
  return content.primary->has_checksum ? "its ext4 superblock is damaged (wrong checksum)"
                                       : "its ext4 superblock is damaged (it has no checksum)";
}

// Zeros from end to end: wipefs knows nothing of backup superblocks, and a discard need not zero.
std::string Zero(const std::string& device) {
  return fmt::format("`blkdiscard -z -f /dev/{}`", device);
}

// The two commands by which a partition of Linux type starts over.
std::string StartOver(const DataFacts& facts, const Target& target) {
  return fmt::format("{} and `sgdisk -t {}:{} /dev/{}`", Zero(target.partition->device),
                     target.entry->index, disk::kTypeBfDataUnformatted, facts.disk->device);
}

Judgement JudgeUnformatted(const Content& content, const std::string& device, std::uint64_t size) {
  const auto& primary = content.primary;
  if (content.torn_label) return {Verdict::kFinish, {}, nullptr};
  if (primary && primary->label != kLabelNew) {
    return Keep(fmt::format(
        "its type says that it never held data, but there is an ext4 {}{}; if that can go: "
        "{}",
        Label(primary->label), primary->Trusted() ? "" : " with a damaged superblock",
        Zero(device)));
  }
  if (!primary) {
    for (const auto& backup : content.backups) {
      if (!IsEvidence(backup, content, size)) continue;
      return Keep(fmt::format(
          "its type says that it never held data, but at byte {} is a backup superblock of an ext4 "
          "{} whose primary is gone; `e2fsck -b {} -B {} /dev/{}` brings that back, {} forgets "
          "it",
          backup.offset, Label(backup.super.label), backup.offset / backup.super.block_size,
          backup.super.block_size, device, Zero(device)));
    }
    if (content.probed == Probed::kFound) {
      return Keep(
          fmt::format("its type says that it never held data, but it holds {}; if that can go: {}",
                      content.probed_as, Zero(device)));
    }
    if (content.probed != Probed::kNothing) {
      return Keep(fmt::format("what it holds cannot be told: {}",
                              content.probed_as.empty() ? "not probed" : content.probed_as));
    }
  }
  return {Verdict::kFormat, {}, nullptr};
}

Judgement JudgeFormatted(const DataPolicy& policy, const Content& content,
                         const std::string& device, std::uint64_t size,
                         const std::string& start_over) {
  const auto& primary = content.primary;
  if (primary && (primary->label == kLabel || !primary->Trusted())) {
    return JudgeDamaged(policy, content, device, Damage(content));
  }
  if (primary) {
    return Keep(fmt::format("it holds an ext4 {} and not {}; `e2label /dev/{} {}` makes it ours",
                            Label(primary->label), kLabel, device, kLabel));
  }
  if (!content.backups.empty()) return JudgeDamaged(policy, content, device, Damage(content));
  if (content.probed == Probed::kFound) {
    return Keep(fmt::format("it holds {}; if that can go: {}", content.probed_as, start_over));
  }
  if (content.probed != Probed::kNothing) {
    return Keep(fmt::format("what it holds cannot be told: {}",
                            content.probed_as.empty() ? "not probed" : content.probed_as));
  }
  if (policy.format.value == FormatWhen::kIntentOrBlank &&
      content.blank_bytes >= std::min(kBlankNeeded, size)) {
    return {Verdict::kFormat, {}, nullptr};
  }
  return Keep(fmt::format(
      "no file system is found on it, though its type says that it holds data; if it can go: "
      "{}, and it is formatted at the next boot",
      start_over));
}

}  // namespace

bool IsUnformattedType(const disk::GptEntry& entry) {
  return entry.type == disk::Guid::Literal(disk::kTypeBfDataUnformatted);
}
bool IsLinuxType(const disk::GptEntry& entry) {
  return entry.type == disk::Guid::Literal(disk::kTypeLinuxData);
}

Target FindTarget(const DataFacts& facts) {
  Target target;
  if (!facts.disk) {
    target.problem = facts.disk_problem.empty() ? "the root is not on a disk" : facts.disk_problem;
    return target;
  }
  const std::string& disk = facts.disk->device;
  if (facts.Table() == nullptr) {
    target.problem = fmt::format("/dev/{} has no valid partition table (primary: {}; backup: {})",
                                 disk, facts.primary_problem, facts.backup_problem);
    return target;
  }
  const auto entries = DataEntries(*facts.Table());
  if (entries.empty()) {
    target.problem = fmt::format("no partition of /dev/{} is called {}: there is {}{}", disk,
                                 kPartitionName, ListEntries(facts), ListElsewhere(facts));
    return target;
  }
  if (entries.size() > 1) {
    target.problem = fmt::format(
        "{} partitions of /dev/{} are called {}: there is {}; rename those that are not it with "
        "`sgdisk -c NUMBER:NAME`",
        entries.size(), disk, kPartitionName, ListEntries(facts));
    return target;
  }
  for (const auto& partition : facts.disk->partitions) {
    if (partition.index != entries[0]->index) continue;
    if (partition.start != entries[0]->first_lba * facts.Table()->sector_size) break;
    target.entry = entries[0];
    target.partition = &partition;
    return target;
  }
  target.problem = fmt::format(
      "the kernel does not see partition {} of /dev/{} where the table has it: another boot is "
      "needed",
      entries[0]->index, disk);
  return target;
}

Judgement Judge(const DataPolicy& policy, const DataFacts& facts, const Target& target) {
  if (!facts.content) return Keep("it was not looked at");
  const Content& content = *facts.content;
  const std::string& device = target.partition->device;
  if (!content.read_error.empty()) {
    return Keep(fmt::format("it cannot be read ({}); the medium fails, save what is on it",
                            content.read_error));
  }
  const auto& primary = content.primary;
  if (primary && primary->Trusted() && primary->label == kLabel) {
    return {Verdict::kUse, {}, nullptr};
  }
  if (!content.looked_deep) return Keep("it was not looked at closely");
  if (content.torn_write) return {Verdict::kFinish, {}, nullptr};
  const std::uint64_t size = SizeOf(*facts.Table(), *target.entry);
  if (IsUnformattedType(*target.entry)) return JudgeUnformatted(content, device, size);
  if (!IsLinuxType(*target.entry)) {
    return Keep(fmt::format("its partition type {} is neither ours nor Linux data",
                            target.entry->type.ToString()));
  }
  return JudgeFormatted(policy, content, device, size, StartOver(facts, target));
}

}  // namespace bf::provision::data
