// SPDX-License-Identifier: Apache-2.0
#include "provision/data/planner.h"

#include "core/policy/reader.h"
#include "provision/data/judge.h"
#include "provision/data/ladder.h"
#include "provision/data/table_plan.h"

namespace bf::provision::data {
namespace {

constexpr std::uint64_t kSignatureArea = 1 << 20;

bool Has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

const Attempt* FailedAttempt(const DataFacts& facts, std::string_view action) {
  for (const Attempt& attempt : facts.history) {
    if (attempt.action == action && !attempt.ok) return &attempt;
  }
  return nullptr;
}

bool Succeeded(const DataFacts& facts, std::string_view action, std::string_view detail = "") {
  return std::any_of(facts.history.begin(), facts.history.end(), [&](const Attempt& attempt) {
    return attempt.action == action && attempt.ok && (detail.empty() || attempt.detail == detail);
  });
}

class Planner {
 public:
  Planner(const DataPolicy& policy, const DataFacts& facts)
      : policy_(policy), facts_(facts), target_(FindTarget(facts)) {}

  DataPlan Make() {
    if (target_.partition != nullptr) plan_.device = target_.partition->device;
    if (facts_.mount && !MountedOurs()) {
      PlanForeignMount();
    } else if (!target_.problem.empty()) {
      Degrade(target_.problem, {});
    } else if (facts_.mount) {
      PlanMounted();
    } else {
      PlanUnmounted();
    }
    return std::move(plan_);
  }

 private:
  bool MountedOurs() const {
    return target_.partition != nullptr && facts_.mount->fs_type == "ext4" &&
           facts_.mount->number == target_.partition->number;
  }

  template <class Step>
  void Add(Step step, const SourceRef& because) {
    plan_.steps.push_back({std::move(step), because});
  }

  // `more` are steps that have to come before the tmpfs.
  void Degrade(const std::string& why, std::vector<Action> more) {
    plan_.steps.clear();
    for (Action& action : more) plan_.steps.push_back({std::move(action), policy_.at});
    plan_.degraded = true;
    plan_.reason = why;
    // Tried and refused: there is nothing to stand in, the root's own directory has to do.
    if (facts_.mount || FailedAttempt(facts_, MountDegraded::kName) != nullptr) return;
    Add(MountDegraded{policy_.mount_point.value, policy_.degraded_size.value,
                      static_cast<std::uint64_t>(policy_.degraded_inodes.value)},
        policy_.degraded_size.at);
  }

  std::string Kept(const std::string& why) const {
    return fmt::format("{} (/dev/{}) is kept as it is and not used: {}", kPartitionName,
                       target_.partition->device, why);
  }

  void PlanForeignMount() {
    plan_.degraded = true;
    const bool ours = facts_.mount->source == kDegradedSource;
    std::string why =
        ours ? "a tmpfs stands in for BF_DATA since this boot"
             : fmt::format("{} ({}) is mounted on {}, not BF_DATA", facts_.mount->source,
                           facts_.mount->fs_type, policy_.mount_point.value);
    if (!target_.problem.empty()) {
      why += ": " + target_.problem;
    } else if (ours) {
      const Judgement judgement = Judge(policy_, facts_, target_);
      if (judgement.verdict == Verdict::kKeep) why += ": " + Kept(judgement.why);
    }
    plan_.reason = why;
  }

  void PlanUnmounted() {
    // Make() comes here only with a partition. NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
    if (facts_.disk->read_only || target_.partition->read_only) {
      return Degrade(Kept("the disk is write-protected"), {});
    }
    const Judgement judgement = Judge(policy_, facts_, target_);
    switch (judgement.verdict) {
      case Verdict::kKeep:
        return Degrade(Kept(judgement.why), {});
      case Verdict::kFormat:
        return PlanFormat();
      case Verdict::kUse:
      case Verdict::kFinish:
      case Verdict::kRepair:
        return PlanUse(judgement);
    }
  }

  // One of the steps of the first boot has failed: the next boot starts over.
  bool GaveUpFormatting() {
    for (const std::string_view action :
         {WipePartition::kName, MakeFilesystem::kName, Populate::kName, SetLabel::kName}) {
      if (const Attempt* failed = FailedAttempt(facts_, action)) {
        Degrade(fmt::format("{} (/dev/{}) could not be formatted: {}; the next boot tries again",
                            kPartitionName, target_.partition->device, failed->message),
                {});
        return true;
      }
    }
    return false;
  }

  std::vector<Range> SignatureRanges(std::uint64_t size) const {
    std::vector<Range> ranges;
    ranges.push_back({0, std::min(kSignatureArea, size)});
    for (const auto& backup : facts_.content->backups) {
      const std::uint64_t at = backup.offset / 4096 * 4096;
      if (at + 4096 <= size) ranges.push_back({at, 4096});
    }
    if (size > kSignatureArea) ranges.push_back({size - kSignatureArea, kSignatureArea});
    return ranges;
  }

  void PlanFormat() {
    if (GaveUpFormatting()) return;
    TablePlan table(policy_, facts_, target_, Verdict::kFormat);
    const bool intent = IsUnformattedType(*target_.entry);
    if (!intent && !table.allowed()) {
      return Degrade(Kept("it is blank, but the intent to format it cannot be recorded in the "
                          "partition table first; is the word gpt on the kernel command line?"),
                     {});
    }
    if (!intent) table.SetType(disk::kTypeBfDataUnformatted, "BF_DATA is blank, to be formatted");
    table.Grow();
    table.Emit(plan_.steps);
    const std::string& device = target_.partition->device;
    const std::uint64_t size = table.partition_size();
    Add(WipePartition{device, SignatureRanges(size)}, policy_.format.at);
    Add(MakeFilesystem{device, size, facts_.planned_uuid, policy_.format_timeout.value},
        policy_.format.at);
    Add(Populate{device}, policy_.format.at);
    Add(SetLabel{device}, policy_.format.at);
    table.SetType(disk::kTypeLinuxData, "BF_DATA is formatted");
    table.Emit(plan_.steps);
    Add(MountData{device, policy_.mount_point.value, true}, policy_.mount_point.at);
    Note(table.notes());
  }

  void Note(const std::vector<std::string>& notes) {
    plan_.notes.insert(plan_.notes.end(), notes.begin(), notes.end());
  }

  // Table and kernel; the file system's own growth needs the mount.
  std::uint64_t PlanTable(Verdict verdict, bool relabel) {
    TablePlan table(policy_, facts_, target_, verdict);
    table.Grow();
    if (IsUnformattedType(*target_.entry)) {
      // The cut fell between the label and the type; the backups may lack the label still. They
      // may also lie beyond the end that an old table gives.
      table.Emit(plan_.steps);
      if (relabel) Add(SetLabel{target_.partition->device}, policy_.at);
      table.SetType(disk::kTypeLinuxData, "BF_DATA is formatted");
    } else if (!IsLinuxType(*target_.entry)) {
      plan_.notes.push_back(fmt::format("the partition type of BF_DATA is {}, not Linux data",
                                        target_.entry->type.ToString()));
    }
    table.Emit(plan_.steps);
    Note(table.notes());
    return table.partition_size();
  }

  void PlanUse(const Judgement& judgement) {
    if (GaveUpFormatting()) return;
    if (const Attempt* failed = FailedAttempt(facts_, FinishSuperblock::kName)) {
      return Degrade(Kept(fmt::format("a power cut tore its superblock, which could not be mended: "
                                      "{}; the next boot tries again",
                                      failed->message)),
                     {});
    }
    const auto& super =
        judgement.verdict == Verdict::kRepair ? judgement.backup->super : *facts_.content->primary;
    const bool relabel = judgement.verdict != Verdict::kRepair;
    const std::uint64_t size = PlanTable(judgement.verdict, relabel);
    if (super.SizeBytes() > size) {
      return Degrade(
          Kept(fmt::format("its file system has {} and the partition only {}; the "
                           "partition table is not the one it was made with",
                           policy::FormatSize(super.SizeBytes()), policy::FormatSize(size))),
          {});
    }
    if (facts_.content->torn_write) Add(FinishSuperblock{target_.partition->device}, policy_.at);
    Climb climb = PlanLadder(policy_, facts_, target_, judgement);
    if (!climb.gave_up.empty()) return Degrade(Kept(climb.gave_up), std::move(climb.steps));
    const bool checked = climb.steps.size() > 1;
    for (Action& step : climb.steps) plan_.steps.push_back({std::move(step), policy_.at});
    PlanFilesystemGrowth(super, size, checked);
  }

  void PlanMounted() {
    const auto& super = facts_.content ? facts_.content->primary : std::nullopt;
    if (!super) {
      plan_.notes.push_back("the superblock of the mounted BF_DATA cannot be read");
      return;
    }
    const std::uint64_t size = PlanTable(Verdict::kUse, /*relabel=*/false);
    const std::string& target = policy_.mount_point.value;
    if (!Has(facts_.mount->super_options, "rw") || !Has(facts_.mount->options, "rw")) {
      plan_.steps.clear();
      plan_.degraded = true;
      plan_.reason = fmt::format(
          "{} (/dev/{}) is mounted read-only: the kernel met an error, or somebody "
          "remounted it; the next boot checks it",
          kPartitionName, target_.partition->device);
      return;
    }
    // Since Linux 6.1.129 a file system that went read-only on an error still shows as rw.
    if (super->has_errors) {
      plan_.notes.push_back(
          "the file system of BF_DATA has recorded errors, and may take no writes; the next boot "
          "checks it first");
    }
    for (const std::string_view flag : {"nosuid", "nodev", "noexec", "noatime"}) {
      if (Has(facts_.mount->options, flag)) continue;
      if (FailedAttempt(facts_, FixMountFlags::kName) != nullptr) {
        plan_.notes.push_back(fmt::format("BF_DATA is mounted without {}", flag));
      } else {
        Add(FixMountFlags{target}, policy_.mount_point.at);
      }
      break;
    }
    if (!Has(facts_.mount->super_options, "errors=remount-ro")) {
      plan_.notes.push_back("BF_DATA is mounted without errors=remount-ro");
    }
    if (!Has(facts_.mount->super_options, "prjquota")) {
      plan_.notes.push_back("BF_DATA is mounted without project quotas");
    }
    if (!facts_.skeleton_problems.empty()) {
      if (const Attempt* failed = FailedAttempt(facts_, FixSkeleton::kName)) {
        plan_.notes.push_back("the skeleton of BF_DATA is not right: " + failed->message);
      } else {
        Add(FixSkeleton{target, facts_.skeleton_problems}, policy_.at);
      }
    }
    const bool repaired = Succeeded(facts_, CheckFilesystem::kName, RungName(Rung::kFull)) ||
                          Succeeded(facts_, CheckFilesystem::kName, RungName(Rung::kBackup));
    if (repaired && !Succeeded(facts_, SaveUndo::kName)) {
      if (const Attempt* failed = FailedAttempt(facts_, SaveUndo::kName)) {
        plan_.notes.push_back("the metadata from before the repair is not kept: " +
                              failed->message);
      } else {
        Add(SaveUndo{target}, policy_.undo_size.at);
      }
    }
    PlanFilesystemGrowth(*super, size, /*checked=*/false);
  }

  void PlanFilesystemGrowth(const disk::Ext4Super& super, std::uint64_t size, bool checked) {
    if (size < super.SizeBytes() + policy_.min_growth.value) return;
    if (super.has_errors && !checked) return;  // the kernel would refuse
    if (const Attempt* failed = FailedAttempt(facts_, GrowFilesystem::kName)) {
      plan_.notes.push_back(
          fmt::format("the file system of BF_DATA is not grown: {}; the next boot tries again",
                      failed->message));
      return;
    }
    Add(GrowFilesystem{policy_.mount_point.value, super.SizeBytes(),
                       size / super.block_size * super.block_size, super.block_size},
        policy_.min_growth.at);
  }

  const DataPolicy& policy_;
  const DataFacts& facts_;
  Target target_;
  DataPlan plan_;
};

}  // namespace

DataPlan PlanData(const DataPolicy& policy, const DataFacts& facts) {
  return Planner(policy, facts).Make();
}

}  // namespace bf::provision::data
