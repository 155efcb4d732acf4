// SPDX-License-Identifier: Apache-2.0
#include "provision/data/table_plan.h"

#include "core/policy/reader.h"

namespace bf::provision::data {
namespace {

// Signatures lie within the first or last MiB of where something once started or ended.
constexpr std::uint64_t kSignatureArea = 1 << 20;

// Two copies of one table differ only in where they are.
bool SameTable(const disk::GptTable& a, const disk::GptTable& b) {
  return a.disk_id == b.disk_id && a.sector_size == b.sector_size &&
         a.first_usable_lba == b.first_usable_lba && a.last_usable_lba == b.last_usable_lba &&
         a.entry_count == b.entry_count && a.entries == b.entries;
}

bool Failed(const DataFacts& facts, std::string_view action) {
  return std::any_of(facts.history.begin(), facts.history.end(), [&](const Attempt& attempt) {
    return attempt.action == action && !attempt.ok;
  });
}

}  // namespace

TablePlan::TablePlan(const DataPolicy& policy, const DataFacts& facts, const Target& target,
                     Verdict verdict)
    : policy_(policy),
      facts_(facts),
      target_(target),
      verdict_(verdict),
      table_(disk::RelocateGpt(*facts.Table(), facts.disk->size)),
      kernel_size_(target.partition->size) {
  if (facts.primary && facts.backup && SameTable(*facts.primary, *facts.backup) &&
      facts.primary->alternate_lba == facts.backup->my_lba) {
    written_ = facts.primary;
    table_ = *facts.primary;  // a sound table is not rewritten for another idea of its usable range
  } else if (!facts.primary) {
    why_ = fmt::format("the primary is torn ({})", facts.primary_problem);
  } else {
    why_ = facts.backup ? "the backup differs from the primary"
                        : fmt::format("the backup is not valid ({})", facts.backup_problem);
  }
  if (!facts.gpt_word) {
    allowed_ = false;
    if (Differs()) {
      notes_.push_back(
          "the partition table is left alone: without the word gpt on the kernel command line a "
          "power cut while it is written could leave a device that finds no partitions");
    }
  } else if (facts.disk->read_only) {
    allowed_ = false;
  } else if (Failed(facts, WriteTable::kName) || Failed(facts, WipeFree::kName)) {
    allowed_ = false;
    notes_.push_back("the partition table could not be written; the next boot tries again");
  }
}

disk::GptEntry& TablePlan::entry() {
  return *std::find_if(
      table_.entries.begin(), table_.entries.end(),
      [this](const disk::GptEntry& entry) { return entry.index == target_.entry->index; });
}

bool TablePlan::Differs() const { return !written_ || !SameTable(*written_, table_); }

void TablePlan::Grow() {
  const disk::GptEntry mine = entry();
  const std::uint64_t limit = GrowthLimit(table_, mine, facts_.disk->size);
  const std::uint64_t slack = (limit - mine.last_lba) * table_.sector_size;
  if (slack < policy_.min_growth.value) return;
  if (!allowed_) {
    if (!facts_.gpt_word && notes_.empty()) {
      notes_.push_back(fmt::format(
          "{} of free space after BF_DATA are not used: the kernel command line lacks the word gpt",
          policy::FormatSize(slack)));
    }
    return;
  }
  table_ = disk::RelocateGpt(table_, facts_.disk->size);
  entry().last_lba = limit;
  const std::uint64_t sectors = limit - mine.first_lba + 1;
  why_ += fmt::format("{}BF_DATA grows to {}", why_.empty() ? "" : "; ",
                      policy::FormatSize(sectors * table_.sector_size));
}

void TablePlan::SetType(std::string_view type, std::string_view why) {
  if (!allowed_) return;
  entry().type = disk::Guid::Literal(type);
  why_ += fmt::format("{}{}", why_.empty() ? "" : "; ", why);
}

// Where an earlier life of the card may have left signatures. An old table can give a partition
// less than its file system has: that part is not free, whatever the table says.
std::vector<Range> TablePlan::GrownArea(std::uint64_t old_end, std::uint64_t new_end) const {
  std::vector<Range> ranges;
  // What is to be repaired from may lie there, and how far it reaches is not sure.
  if (verdict_ == Verdict::kRepair) return ranges;
  std::uint64_t begin = old_end;
  if (facts_.content && facts_.content->primary) {
    begin = std::max(begin, partition_start() + facts_.content->primary->SizeBytes());
  }
  if (facts_.content && verdict_ != Verdict::kFormat) {
    for (const auto& backup : facts_.content->backups) {
      if (backup.super.label != kLabel) continue;
      begin = std::max(begin, partition_start() + backup.super.SizeBytes());
    }
  }
  if (begin >= new_end) return ranges;
  ranges.push_back({begin, std::min(kSignatureArea, new_end - begin)});
  const std::uint64_t tail = std::max(begin + ranges[0].size, new_end - kSignatureArea);
  if (tail < new_end) ranges.push_back({tail, new_end - tail});
  if (!facts_.content) return ranges;
  for (const auto& backup : facts_.content->backups) {
    const std::uint64_t at = partition_start() + backup.offset;
    if (at < begin || at + disk::kExt4SuperSize > new_end) continue;
    // A whole block: the disk may have sectors of 4 KiB.
    ranges.push_back({at / 4096 * 4096, 4096});
  }
  return ranges;
}

void TablePlan::Emit(Steps& steps) {
  const std::uint64_t sector = table_.sector_size;
  if (allowed_ && Differs()) {
    const std::uint64_t old_end = (target_.entry->last_lba + 1) * sector;
    const std::uint64_t new_end = (entry().last_lba + 1) * sector;
    const auto* before = written_ ? written_->Find(target_.entry->index) : target_.entry;
    if (before->last_lba != entry().last_lba) {
      WipeFree wipe{facts_.disk->device, GrownArea(old_end, new_end)};
      if (!wipe.ranges.empty()) steps.push_back({std::move(wipe), policy_.min_growth.at});
    }
    steps.push_back({WriteTable{facts_.disk->device, facts_.disk->size, table_, why_}, policy_.at});
    written_ = table_;
    why_.clear();
  }
  const std::uint64_t size = (entry().last_lba - entry().first_lba + 1) * sector;
  // Only ever up: something may be mounted on the rest.
  if (size > kernel_size_ && written_ && SameTable(*written_, table_)) {
    if (Failed(facts_, ResizePartition::kName)) {
      notes_.push_back("the kernel did not take the new size of BF_DATA; the next boot will");
    } else {
      steps.push_back({ResizePartition{facts_.disk->device, target_.partition->device,
                                       target_.entry->index, partition_start(), size},
                       policy_.min_growth.at});
      kernel_size_ = size;
    }
  }
}

std::uint64_t TablePlan::partition_size() const { return kernel_size_; }
std::uint64_t TablePlan::partition_start() const { return target_.partition->start; }

}  // namespace bf::provision::data
