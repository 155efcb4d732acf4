// SPDX-License-Identifier: Apache-2.0
#include "provision/state/plan.h"

#include "core/policy/reader.h"
#include "provision/state/share.h"

namespace bf::provision::state {
namespace {

constexpr unsigned kSkeletonMode = 0755;

// What one place on BF_DATA should be.
struct Wanted {
  std::string entry;
  std::string source;
  Kind kind = Kind::kDirectory;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  unsigned mode = 0;
  std::uint32_t project = 0;
  std::string seed;
  SourceRef kind_at;
  SourceRef mode_at;
  SourceRef project_at;
  SourceRef seed_at;
};

class Planner {
 public:
  Planner(const Policy& policy, const Facts& facts)
      : policy_(policy), facts_(facts), largest_share_(LargestShareOf(policy, facts)) {}

  Planned Run() {
    if (!facts_.data_mounted) {
      Problem({}, "nothing is mounted at {}: no persistent path can be bound", policy_.mount_point);
      return std::move(planned_);
    }
    if (facts_.data_read_only) {
      Problem({}, "BF_DATA is mounted read-only: what is there is bound, nothing can be written");
    }
    // First, so that no failure of an entry leaves its owner without a limit.
    PlanOwnerQuotas();
    for (const std::string& path : SkeletonOf(policy_, facts_.slot)) PlanSkeleton(path);
    for (const Entry& entry : policy_.entries) PlanEntry(entry);
    for (auto& walk : walks_) planned_.steps.push_back(std::move(walk));
    return std::move(planned_);
  }

 private:
  template <class... Args>
  void Problem(const SourceRef& at, fmt::format_string<Args...> format, Args&&... args) {
    planned_.problems.push_back({at, fmt::format(format, std::forward<Args>(args)...)});
  }

  void Add(Action action, const SourceRef& because) {
    planned_.steps.push_back({std::move(action), because});
  }

  void PlanSkeleton(const std::string& path) {
    Wanted wanted;
    wanted.entry = path;
    wanted.source = path;
    wanted.mode = kSkeletonMode;
    const auto found = facts_.skeleton.find(path);
    PlanSource(wanted, found == facts_.skeleton.end() ? SourceFacts{} : found->second);
  }

  void PlanEntry(const Entry& entry) {
    const std::string& path = entry.path.value;
    const auto found = facts_.entries.find(entry.name.value);
    if (found == facts_.entries.end()) return;
    const EntryFacts& facts = found->second;

    if (entry.scope.value == Scope::kPerSlot && facts_.slot.empty()) {
      return Problem(entry.scope.at,
                     "{} is per slot, but the kernel command line names no slot (rauc.slot=A|B)",
                     path);
    }
    const auto uid = facts_.accounts.User(entry.owner.value);
    const auto gid = facts_.accounts.Group(entry.group.value);
    if (!uid) Problem(entry.owner.at, "{}: the image has no user \"{}\"", path, entry.owner.value);
    if (!gid) {
      Problem(entry.group.at, "{}: the image has no group \"{}\"", path, entry.group.value);
    }
    const bool target_ok = CheckTarget(entry, facts.at_target);
    if (!uid || !gid || !target_ok) return;

    Wanted wanted{entry.name.value,
                  facts.source,
                  entry.kind.value,
                  *uid,
                  *gid,
                  entry.mode.value,
                  0,
                  {},
                  entry.kind.at,
                  entry.mode.at,
                  {},
                  entry.seed.at};
    if (entry.quota && facts_.quotas) {
      wanted.project = ProjectId(*entry.quota, entry.scope.value, facts_.slot);
      wanted.project_at = entry.quota->at;
    }
    if (entry.seed.value == Seed::kImage) wanted.seed = path;
    const Outcome outcome = PlanSource(wanted, facts.at_source);
    if (outcome == Outcome::kUnusable) return;
    if (entry.quota) PlanQuota(*entry.quota, wanted, facts.quota);
    PlanBind(entry, wanted, facts.at_target, outcome == Outcome::kFresh);
  }

  bool CheckTarget(const Entry& entry, const TargetFacts& target) {
    const std::string& path = entry.path.value;
    const FileType needed =
        entry.kind.value == Kind::kDirectory ? FileType::kDirectory : FileType::kFile;
    if (!target.problem.empty()) {
      Problem(entry.path.at, "{} cannot be a mount point: {}", path, target.problem);
    } else if (target.type == FileType::kAbsent) {
      Problem(entry.path.at, "{} does not exist in the image; add the empty {} there", path,
              ToText(needed));
    } else if (target.type != needed) {
      Problem(entry.kind.at, "{} is a {} in the image, not a {}", path, ToText(target.type),
              ToText(needed));
    } else {
      return true;
    }
    return false;
  }

  enum class Outcome { kUnusable, kThere, kFresh };

  Outcome PlanSource(const Wanted& wanted, const SourceFacts& source) {
    if (!source.problem.empty()) {
      Problem(wanted.kind_at, "{} on BF_DATA cannot be read: {}", wanted.source, source.problem);
      return Outcome::kUnusable;
    }
    if (source.foreign) {
      Problem(wanted.kind_at, "{} on BF_DATA is covered by another mount", wanted.source);
      return Outcome::kUnusable;
    }
    const std::string wrong = WhatIsWrong(wanted.kind, source);
    if (facts_.data_read_only) {
      if (wrong.empty() && source.type != FileType::kAbsent) return Outcome::kThere;
      Problem(wanted.kind_at, "{} on BF_DATA is {}, and BF_DATA is read-only", wanted.source,
              wrong.empty() ? "absent" : wrong);
      return Outcome::kUnusable;
    }
    if (!wrong.empty()) Add(MoveAside{wanted.entry, wanted.source, wrong}, wanted.kind_at);
    if (!wrong.empty() || source.type == FileType::kAbsent) {
      Add(Create{wanted.entry, wanted.source, wanted.kind, wanted.uid, wanted.gid, wanted.mode,
                 wanted.project, wanted.seed},
          wanted.seed.empty() ? wanted.kind_at : wanted.seed_at);
      return Outcome::kFresh;
    }
    if (source.uid != wanted.uid || source.gid != wanted.gid || source.mode != wanted.mode) {
      Add(SetOwner{wanted.entry, wanted.source, wanted.kind, wanted.uid, wanted.gid, wanted.mode},
          wanted.mode_at);
    }
    if (wanted.project != 0 &&
        (source.project != wanted.project || !source.inherits || source.walk_pending)) {
      walks_.push_back(
          {SetProject{wanted.entry, wanted.source, wanted.project}, wanted.project_at});
    }
    return Outcome::kThere;
  }

  // "" when the source is absent or of the right kind.
  static std::string WhatIsWrong(Kind kind, const SourceFacts& source) {
    const FileType needed = kind == Kind::kDirectory ? FileType::kDirectory : FileType::kFile;
    if (source.type == FileType::kAbsent) return "";
    if (source.type != needed) return fmt::format("a {}", ToText(source.type));
    // A second name means that owner and mode set here would change something elsewhere.
    if (kind == Kind::kFile && source.links != 1) {
      return fmt::format("a file with {} hard links", source.links);
    }
    return "";
  }

  void PlanQuota(const Quota& quota, const Wanted& wanted, const std::optional<QuotaFacts>& now) {
    if (facts_.data_read_only || facts_.data_volatile) return;
    if (!facts_.quotas) {
      return Problem(quota.at, "BF_DATA enforces no project quotas: \"{}\" has no limit",
                     wanted.entry);
    }
    const QuotaFacts limits = now.value_or(QuotaFacts{});
    const std::uint64_t bytes = Share(quota);
    if (limits.limit_bytes != bytes || limits.limit_inodes != quota.inodes) {
      Add(SetQuota{wanted.entry, wanted.project, bytes, quota.inodes,
                   bytes < quota.bytes ? quota.bytes : 0},
          quota.at);
    }
  }

  // A quota is a limit, not a reserve: on a disk too small for all of them the largest would eat
  // what the others count on.
  std::uint64_t Share(const Quota& quota) const { return std::min(quota.bytes, largest_share_); }

  // The rest is for what has no quota: logs of repairs, overlays, and the blocks kept for root.
  static constexpr std::uint64_t kPercentForQuotas = 90;
  static std::uint64_t LargestShareOf(const Policy& policy, const Facts& facts) {
    if (facts.data_bytes == 0) return ~std::uint64_t{0};
    std::vector<std::uint64_t> wanted;
    for (const Entry& entry : policy.entries) {
      if (!entry.quota) continue;
      // The other slot's is there, too.
      wanted.insert(wanted.end(), entry.scope.value == Scope::kPerSlot ? 2 : 1, entry.quota->bytes);
    }
    return LargestShare(std::move(wanted), facts.data_bytes / 100 * kPercentForQuotas);
  }

  void PlanOwnerQuotas() {
    if (!facts_.owner_quotas || facts_.data_read_only || facts_.data_volatile) return;
    struct Sum {
      const Entry* first;
      bool whole = true;  // all that is the owner's has a limit
      std::uint64_t bytes = 0;
      std::uint64_t inodes = 0;
    };
    std::map<std::uint32_t, Sum> sums;
    for (const Entry& entry : policy_.entries) {
      const auto uid = facts_.accounts.User(entry.owner.value);
      if (!uid || *uid == 0) continue;
      Sum& sum = sums.try_emplace(*uid, Sum{&entry}).first->second;
      if (!entry.quota) {
        sum.whole = false;
        continue;
      }
      // The other slot's is there, too, and counts.
      const unsigned times = entry.scope.value == Scope::kPerSlot ? 2 : 1;
      sum.bytes += times * Share(*entry.quota);
      sum.inodes += times * entry.quota->inodes;
    }
    for (const auto& [uid, sum] : sums) {
      if (!sum.whole) continue;
      const std::string& owner = sum.first->owner.value;
      const auto found = facts_.owners.find(owner);
      const QuotaFacts now = found == facts_.owners.end() ? QuotaFacts{} : found->second;
      if (now.limit_bytes == sum.bytes && now.limit_inodes == sum.inodes) continue;
      Add(SetOwnerQuota{sum.first->name.value, owner, uid, sum.bytes, sum.inodes},
          sum.first->quota->at);
    }
  }

  void PlanBind(const Entry& entry, const Wanted& wanted, const TargetFacts& target, bool fresh) {
    if (!target.bound || fresh) {
      Add(Bind{wanted.entry, wanted.source, wanted.kind, entry.path.value}, entry.path.at);
    } else if (!target.hardened) {
      Add(Harden{wanted.entry, entry.path.value}, entry.path.at);
    }
  }

  const Policy& policy_;
  const Facts& facts_;
  std::uint64_t largest_share_;  // no quota is larger on this disk
  Planned planned_;
  plan::Plan<Action> walks_;
};

}  // namespace

std::string MoveAside::Describe() const {
  return fmt::format("move {} aside: it is {}", source, found);
}

std::string Create::Describe() const {
  std::string text = fmt::format("create {} {} ({}:{} {:04o}", source,
                                 kind == Kind::kDirectory ? "directory" : "file", uid, gid, mode);
  if (project != 0) text += fmt::format(", project {}", project);
  text += ")";
  if (!seed.empty()) text += fmt::format(" from the image's {}", seed);
  return text;
}

std::string SetOwner::Describe() const {
  return fmt::format("set owner and mode of {} to {}:{} {:04o}", source, uid, gid, mode);
}

std::string SetProject::Describe() const {
  return fmt::format("give {} to quota project {}", source, project);
}

std::string SetQuota::Describe() const {
  std::string text = fmt::format("limit quota project {} ({}) to {} and {} inodes", project, entry,
                                 policy::FormatSize(bytes), inodes);
  if (asked != 0) {
    text += fmt::format(", not {}: the disk is too small", policy::FormatSize(asked));
  }
  return text;
}

std::string SetOwnerQuota::Describe() const {
  return fmt::format("limit all that {} ({}) owns to {} and {} inodes", owner, uid,
                     policy::FormatSize(bytes), inodes);
}

std::string Bind::Describe() const { return fmt::format("bind {} on {}", source, target); }

std::string Harden::Describe() const {
  return fmt::format("set nosuid,nodev,noexec on {}", target);
}

const std::string& EntryOf(const Action& action) {
  return std::visit([](const auto& a) -> const std::string& { return a.entry; }, action);
}

Planned MakePlan(const Policy& policy, const Facts& facts) { return Planner(policy, facts).Run(); }

}  // namespace bf::provision::state
