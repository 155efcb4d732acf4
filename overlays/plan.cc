// SPDX-License-Identifier: Apache-2.0
#include "overlays/plan.h"

#include "overlays/judge.h"

namespace bf::overlays {
namespace {

class Planner {
 public:
  Planner(const Policy& policy, const Facts& facts, OverlayPlan& plan)
      : policy_(policy), facts_(facts), plan_(plan) {}

  void PlanEntry(const WritablePath& entry);

 private:
  void PlanAbsent(const WritablePath& entry);
  void PlanPersistent(const WritablePath& entry);
  void PlanStore(const WritablePath& entry, const StoreFacts& store);
  void PlanSameOs(const WritablePath& entry, const GenerationFacts& newest);
  void PlanOtherOs(const WritablePath& entry, const StoreFacts& store,
                   const GenerationFacts& newest);
  void PlanNew(const WritablePath& entry, const StoreFacts& store, unsigned number);
  void PlanRetire(const WritablePath& entry, const StoreFacts& store, unsigned in_force,
                  unsigned before);
  void PlanStandIn(const WritablePath& entry, std::string why, unsigned old = 0);
  void PlanMount(const WritablePath& entry, unsigned generation);

  void Step(const WritablePath& entry, Action action) {
    plan_.steps.push_back({std::move(action), entry.at});
  }
  void Say(Severity severity, const WritablePath& entry, std::string text) {
    plan_.problems.push_back({severity, entry.name.value, std::move(text)});
  }
  const std::string& data() const { return policy_.data_mount_point.value; }

  const Policy& policy_;
  const Facts& facts_;
  OverlayPlan& plan_;
};

MountTmpfs TmpfsOf(const WritablePath& entry) {
  return {entry.name.value,
          entry.path.value,
          entry.size.value,
          static_cast<std::uint64_t>(entry.inodes.value),
          entry.mode.value,
          static_cast<unsigned>(entry.uid.value),
          static_cast<unsigned>(entry.gid.value),
          entry.exec.value};
}

// The mounts below `path`, without those below another one of them.
std::vector<std::string> TopmostBelow(const std::vector<facts::Mount>& mounts,
                                      const std::string& path) {
  std::vector<std::string> below;
  for (const auto& mount : mounts) {
    if (mount.target != path && IsWithin(mount.target, path)) below.push_back(mount.target);
  }
  std::sort(below.begin(), below.end());
  std::vector<std::string> topmost;
  for (auto& target : below) {
    if (topmost.empty() || !IsWithin(target, topmost.back())) topmost.push_back(std::move(target));
  }
  return topmost;
}

std::string List(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

MountOverlay OverlayOf(const WritablePath& entry, const Facts& facts, unsigned generation) {
  return {entry.name.value,   entry.path.value,
          {entry.path.value}, generation,
          entry.size.value,   static_cast<std::uint64_t>(entry.inodes.value),
          entry.exec.value,   TopmostBelow(facts.mounts, entry.path.value)};
}

void Planner::PlanStandIn(const WritablePath& entry, std::string why, unsigned old) {
  Say(Severity::kDegraded, entry,
      fmt::format("{}: {}; changes go to a tmpfs and are lost at the next boot", entry.path.value,
                  why));
  Step(entry, StandIn(entry, facts_, data(), old));
}

void Planner::PlanMount(const WritablePath& entry, unsigned generation) {
  Step(entry, OverlayOf(entry, facts_, generation));
}

// Of the older ones, only that which the one in force came from is kept: a return to its OS
// finds it.
void Planner::PlanRetire(const WritablePath& entry, const StoreFacts& store, unsigned in_force,
                         unsigned before) {
  Retire retire{entry.name.value, {}, store.leftovers};
  for (const auto& generation : store.generations) {
    // A restored one has its new number by then.
    if (generation.number != in_force && generation.number != before)
      retire.generations.push_back(generation.number);
  }
  if (!retire.generations.empty() || !retire.leftovers.empty()) Step(entry, std::move(retire));
}

void Planner::PlanNew(const WritablePath& entry, const StoreFacts& store, unsigned number) {
  if (!store.next)
    return PlanStandIn(entry, store.tree_problem.empty() ? "the image's own content was not read"
                                                         : store.tree_problem);
  Step(entry, BuildGeneration{entry.name.value,
                              entry.path.value,
                              number,
                              0,
                              facts_.os,
                              "new",
                              EmptyUpper(*store.next),
                              *store.next,
                              {}});
  PlanMount(entry, number);
}

void Planner::PlanSameOs(const WritablePath& entry, const GenerationFacts& newest) {
  const auto path = facts_.paths.find(entry.name.value);
  if (path != facts_.paths.end()) {
    const PathFacts& image = path->second;
    if (newest.upper_mode != image.mode || newest.upper_uid != image.uid ||
        newest.upper_gid != image.gid) {
      Say(Severity::kNote, entry,
          fmt::format("{}: the upper directory was {:04o} {}:{}, set as in the image",
                      entry.path.value, newest.upper_mode, newest.upper_uid, newest.upper_gid));
      Step(entry, RepairUpper{entry.name.value, newest.number, image.mode, image.uid, image.gid});
    }
  }
  if (!newest.work_problem.empty()) {
    Say(Severity::kNote, entry,
        fmt::format("{}: the work directory was {}, made anew", entry.path.value,
                    newest.work_problem));
    Step(entry, RepairWork{entry.name.value, newest.number, newest.work_problem});
  }
  PlanMount(entry, newest.number);
}

void Planner::PlanOtherOs(const WritablePath& entry, const StoreFacts& store,
                          const GenerationFacts& newest) {
  const unsigned number = store.generations.back().number + 1;
  // Back to an OS that left an upper directory behind: it comes back as it was, unless the user
  // has changed something since. What the user did last always counts more.
  const bool may_restore =
      !store.changed_since_made || entry.on_os_change.value == OnOsChange::kDrop;
  for (auto old = store.generations.rbegin(); may_restore && old != store.generations.rend();
       ++old) {
    if (!old->good() || old->number >= newest.number || old->was_volatile) continue;
    if (old->stamp->os != facts_.os) continue;
    Step(entry, RestoreGeneration{entry.name.value, old->number, number, facts_.os});
    if (!old->work_problem.empty())
      Step(entry, RepairWork{entry.name.value, number, old->work_problem});
    PlanMount(entry, number);
    PlanRetire(entry, store, old->number, newest.number);
    return;
  }
  if (!store.next || !store.user) return PlanStandIn(entry, store.tree_problem, newest.number);
  if (!store.base)
    Say(Severity::kNote, entry,
        fmt::format("{}: what the image had before is not known ({}); every difference counts as "
                    "a conflict",
                    entry.path.value, store.base_problem));

  MergeRules rules{entry.on_os_change.value, entry.conflict.value, {}};
  for (const auto& glob : entry.keep) rules.keep.push_back(glob.value);
  Merged merged = Merge(*store.user, store.base ? &*store.base : nullptr, *store.next, rules);
  for (const auto& decision : merged.decisions) {
    if (decision.is_conflict())
      Say(Severity::kNote, entry,
          fmt::format("{}/{}: {}; {}", entry.path.value, Printable(decision.path), decision.why,
                      decision.outcome == Outcome::kUserWins
                          ? "the one from here is kept, the image's does not show"
                          : fmt::format("the image's is taken, the one from here is in {}",
                                        GenerationPath(data(), entry.name.value, newest.number) +
                                            "/upper")));
  }
  Step(entry, BuildGeneration{entry.name.value, entry.path.value, number, newest.number, facts_.os,
                              std::string(ToString(entry.on_os_change.value)),
                              std::move(merged.top), *store.next, std::move(merged.decisions)});
  PlanMount(entry, number);
  PlanRetire(entry, store, number, newest.number);
}

void Planner::PlanStore(const WritablePath& entry, const StoreFacts& store) {
  if (!store.problem.empty()) {
    Say(Severity::kNote, entry,
        fmt::format("{}: {} in place of {}, set aside", entry.path.value, store.problem,
                    StorePath(data(), entry.name.value)));
    Step(entry, SetAside{entry.name.value, store.problem});
    return PlanNew(entry, store, 1);
  }
  if (store.exists && !store.is_private) {
    Say(Severity::kNote, entry,
        fmt::format("{}: others than root could reach {}", entry.path.value,
                    StorePath(data(), entry.name.value)));
    Step(entry, SecureStore{entry.name.value});
  }
  for (const auto& generation : store.generations) {
    if (!generation.good())
      Say(Severity::kNote, entry,
          fmt::format("{}: {} is not used: {}", entry.path.value, GenerationName(generation.number),
                      generation.problem.empty() ? "no stamp" : generation.problem));
  }
  const GenerationFacts* newest = store.Newest();
  const unsigned next_number = store.generations.empty() ? 1 : store.generations.back().number + 1;
  if (newest != nullptr && newest->was_volatile) {
    // Such a mount syncs nothing: after a power cut its files may hold anything.
    Say(Severity::kNote, entry,
        fmt::format("{}: {} was mounted with \"volatile\" by someone; its content cannot be "
                    "trusted and is kept aside, not used",
                    entry.path.value, GenerationName(newest->number)));
    PlanNew(entry, store, next_number);
    return PlanRetire(entry, store, next_number, newest->number);
  }
  if (newest == nullptr) {
    PlanNew(entry, store, next_number);
    if (!store.leftovers.empty()) Step(entry, Retire{entry.name.value, {}, store.leftovers});
    return;
  }
  if (!facts_.os.known())
    Say(Severity::kNote, entry,
        fmt::format("{}: the OS has no identity (IMAGE_VERSION and BUILD_ID in os-release); "
                    "an update will not be noticed",
                    entry.path.value));
  if (facts_.os.known() && newest->stamp->os != facts_.os)
    return PlanOtherOs(entry, store, *newest);
  PlanSameOs(entry, *newest);
  // Left by a power cut after a generation was built: the older ones, and what was half removed.
  unsigned before = 0;
  for (const auto& generation : store.generations) {
    if (generation.good() && generation.number < newest->number) before = generation.number;
  }
  const bool extra = std::count_if(store.generations.begin(), store.generations.end(),
                                   [](const auto& one) { return one.good(); }) > 2;
  if (extra)
    PlanRetire(entry, store, newest->number, before);
  else if (!store.leftovers.empty())
    Step(entry, Retire{entry.name.value, {}, store.leftovers});
}

void Planner::PlanPersistent(const WritablePath& entry) {
  if (!facts_.data_problem.empty()) return PlanStandIn(entry, facts_.data_problem);
  const std::string own = StorePath(data(), entry.name.value) + "/";
  for (const auto& mount : facts_.mounts) {
    // Two overlays over one upper directory: undefined, and with index=off not even refused.
    if (mount.fs_type == "overlay" && mount.SuperOption("upperdir").starts_with(own))
      return PlanStandIn(entry, fmt::format("its upper directory is in use at {}", mount.target));
  }
  const auto store = facts_.stores.find(entry.name.value);
  static const StoreFacts kNothing;
  PlanStore(entry, store == facts_.stores.end() ? kNothing : store->second);
}

void Planner::PlanAbsent(const WritablePath& entry) {
  const auto path = facts_.paths.find(entry.name.value);
  if (path == facts_.paths.end() || !path->second.directory)
    return Say(Severity::kFailed, entry,
               fmt::format("{} is not a directory in the image: nothing can be mounted there",
                           entry.path.value));
  if (entry.kind.value == Kind::kTmpfs) {
    const auto below = TopmostBelow(facts_.mounts, entry.path.value);
    if (!below.empty())
      return Say(Severity::kFailed, entry,
                 fmt::format("a tmpfs at {} would hide what is mounted at {}", entry.path.value,
                             List(below)));
    return Step(entry, TmpfsOf(entry));
  }
  if (entry.persistent()) return PlanPersistent(entry);
  PlanMount(entry, 0);
}

void Planner::PlanEntry(const WritablePath& entry) {
  const Judgement judgement = Judge(entry, facts_, data());
  switch (judgement.state) {
    case MountState::kRight:
      return;
    case MountState::kAbsent:
      return PlanAbsent(entry);
    case MountState::kStandIn:
      return Say(
          Severity::kDegraded, entry,
          fmt::format("{}: changes go to a tmpfs and are lost at the next boot", entry.path.value));
    case MountState::kWrong:
      if (judgement.can_adjust)
        return Step(entry, AdjustTmpfs{TmpfsOf(entry), List(judgement.wrong)});
      // Whoever mounted it had a reason; taking it away under running programs helps nobody.
      return Say(Severity::kFailed, entry,
                 fmt::format("{}: {}; left as it is", entry.path.value, List(judgement.wrong)));
  }
}

}  // namespace

MountOverlay StandIn(const WritablePath& entry, const Facts& facts,
                     const std::string& data_mount_point, unsigned old) {
  MountOverlay mount = OverlayOf(entry, facts, 0);
  if (old != 0 && entry.on_os_change.value != OnOsChange::kDrop)
    mount.lowers.insert(mount.lowers.begin(),
                        GenerationPath(data_mount_point, entry.name.value, old) + "/upper");
  return mount;
}

OverlayPlan MakePlan(const Policy& policy, const Facts& facts) {
  OverlayPlan plan;
  Planner planner(policy, facts, plan);
  for (const auto& entry : policy.paths) planner.PlanEntry(entry);
  return plan;
}

}  // namespace bf::overlays
