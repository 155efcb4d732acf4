// SPDX-License-Identifier: Apache-2.0
#include "provision/data/ladder.h"

#include <cerrno>
#include <set>

namespace bf::provision::data {
namespace {

// What mount says when nothing is wrong with the file system; repairing could only do harm.
bool IsNoDamage(int code) {
  static const std::set<int> kCodes{EBUSY,  ENOMEM, ENODEV, EACCES,  EPERM, ENXIO,  EROFS,
                                    EMFILE, ENFILE, ENOENT, ENOTDIR, ELOOP, ENOSYS, 0};
  return kCodes.count(code) != 0;
}

// What this boot has tried so far, as far as the ladder is concerned.
struct Tried {
  std::set<std::string> rungs;
  const Attempt* last = nullptr;        // mount or check
  const Attempt* last_mount = nullptr;  // failed
  const Attempt* last_check = nullptr;
  bool mounted = false;  // at some time: what was then written must not be undone
  bool changed = false;  // a repair ended well, so the bytes are not what they were

  explicit Tried(const DataFacts& facts) {
    for (const Attempt& attempt : facts.history) {
      if (attempt.action == MountData::kName) {
        last = last_mount = &attempt;
        mounted |= attempt.ok;
      } else if (attempt.action == CheckFilesystem::kName) {
        last = last_check = &attempt;
        rungs.insert(attempt.detail);
        changed |= attempt.ok && attempt.detail != RungName(Rung::kLook);
      } else if (attempt.action == FinishSuperblock::kName) {
        changed |= attempt.ok;
      } else if (attempt.action == UndoRepairs::kName) {
        changed = false;
      }
    }
  }
  bool Has(Rung rung) const { return rungs.count(std::string(RungName(rung))) != 0; }
};

// The backup to hand to e2fsck: the one that was judged, or where this file system has its first.
std::optional<std::pair<std::uint64_t, std::uint32_t>> BackupBlock(const DataFacts& facts,
                                                                   const Judgement& judgement) {
  const disk::Ext4Super* super = nullptr;
  std::uint64_t offset = 0;
  if (judgement.backup != nullptr) {
    super = &judgement.backup->super;
    offset = judgement.backup->offset;
  } else if (facts.content && facts.content->primary) {
    super = &*facts.content->primary;
    const auto offsets = disk::Ext4BackupOffsets(*super);
    if (offsets.empty()) return std::nullopt;
    offset = offsets.front();
  } else {
    return std::nullopt;
  }
  return std::pair{offset / super->block_size, super->block_size};
}

CheckFilesystem Check(const DataPolicy& policy, const std::string& device, Rung rung) {
  CheckFilesystem check;
  check.device = device;
  check.rung = rung;
  const bool quick = rung == Rung::kPreen || rung == Rung::kLook;
  check.timeout_ms = quick ? policy.check_timeout.value : policy.repair_timeout.value;
  check.undo_size = policy.undo_size.value;
  return check;
}

}  // namespace

Climb PlanLadder(const DataPolicy& policy, const DataFacts& facts, const Target& target,
                 const Judgement& judgement) {
  const std::string& device = target.partition->device;
  const Tried tried(facts);
  const auto& super = facts.content->primary;
  const bool trusted = judgement.verdict != Verdict::kRepair;
  Climb climb;
  const auto mount = [&] {
    MountData step{device, policy.mount_point.value, true};
    if (super && trusted && !(super->quota && super->project)) step.project_quota = false;
    climb.steps.push_back(std::move(step));
  };
  const auto give_up = [&](std::string why) {
    if (tried.changed && !tried.mounted) climb.steps.push_back(UndoRepairs{device});
    climb.gave_up = std::move(why);
  };
  const auto next_rung = [&](const std::string& because) {
    if (trusted && !tried.Has(Rung::kPreen)) {
      climb.steps.push_back(Check(policy, device, Rung::kPreen));
    } else if (trusted && !tried.Has(Rung::kFull)) {
      climb.steps.push_back(Check(policy, device, Rung::kFull));
    } else if (const auto block = BackupBlock(facts, judgement);
               block && !tried.Has(Rung::kBackup)) {
      CheckFilesystem check = Check(policy, device, Rung::kBackup);
      check.backup_block = block->first;
      check.block_size = block->second;
      climb.steps.push_back(std::move(check));
    } else {
      return give_up(because);
    }
    mount();
  };

  if (tried.last == nullptr) {
    if (!trusted) {
      next_rung("its backup superblock cannot be used");
      return climb;
    }
    // Errors that the kernel recorded: it mounts, but will not grow until checked. The counts of a
    // superblock that was torn are worth no more than those of its backup: e2fsck makes them anew.
    if ((super && super->has_errors) || facts.content->torn_write)
      climb.steps.push_back(Check(policy, device, Rung::kPreen));
    mount();
    return climb;
  }
  if (tried.last == tried.last_mount) {
    if (tried.last_mount->ok) {
      // It was mounted and is not any more: somebody else took it away.
      give_up("it was unmounted again while it was being set up");
    } else if (IsNoDamage(tried.last_mount->sys_errno)) {
      give_up(fmt::format("it cannot be mounted ({})", tried.last_mount->message));
    } else if (tried.last_mount->sys_errno == EIO && !tried.Has(Rung::kLook)) {
      // The kernel says EIO for a failing medium and for some kinds of damage; writing to a
      // failing medium can only lose more.
      climb.steps.push_back(Check(policy, device, Rung::kLook));
    } else {
      next_rung(fmt::format("no repair made it mountable ({})", tried.last_mount->message));
    }
    return climb;
  }
  if (tried.last_check->ok) {
    if (tried.last_check->detail == RungName(Rung::kLook)) {
      next_rung("the medium can be read, yet no repair made it mountable");
    } else {
      mount();
    }
  } else if (tried.last_check->detail == RungName(Rung::kLook)) {
    give_up(fmt::format("the medium fails ({}); save what is on it", tried.last_check->message));
  } else if (tried.last_mount == nullptr && trusted && tried.Has(Rung::kFull)) {
    mount();  // the check was on account of recorded errors: it may still mount
  } else if (tried.last_mount == nullptr && trusted && tried.last_check->sys_errno == ETIMEDOUT) {
    mount();
  } else {
    next_rung(fmt::format("it cannot be repaired ({})", tried.last_check->message));
  }
  return climb;
}

}  // namespace bf::provision::data
