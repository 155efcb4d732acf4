// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "audit/diff/diff.h"
#include "audit/diff/sandbox_calls.h"
#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/names.h"

namespace bf::audit {
namespace {

using namespace lockdown::sandbox;

Direction DirectionOf(int before, int after) {
  return after > before   ? Direction::kLoosened
         : after < before ? Direction::kTightened
                          : Direction::kNeutral;
}

// System calls that one line of a profile decides alike are one change.
struct Group {
  Shift first;
  std::vector<std::string> names;
};

std::string SubjectOf(const Group& group) {
  const Shift& shift = group.first;
  if (shift.syscall == nullptr) return "default";
  const Rule* rule = shift.after != nullptr ? shift.after : shift.before;
  return group.names.size() > 1 ? rule->group : std::string(shift.syscall->name);
}

// Of the rule that there is now, or of the one that there was.
std::string ConditionOf(const Shift& shift) {
  const Rule* rule = shift.after != nullptr ? shift.after : shift.before;
  if (rule->when.empty()) return "no rule says otherwise";
  std::vector<std::string> parts;
  for (const Comparison& one : rule->when) parts.push_back(ToString(*shift.syscall, one));
  return fmt::format("{}", fmt::join(parts, " && "));
}

std::string WhatOf(const Group& group) {
  const Shift& shift = group.first;
  const std::string actions = fmt::format("{} → {}", ToString(shift.from), ToString(shift.to));
  if (shift.syscall == nullptr) return fmt::format("{}, for all that no rule names", actions);
  if (group.names.size() > 1)
    return fmt::format("{} for {} system calls: {}", actions, group.names.size(),
                       fmt::join(group.names, " "));
  return shift.whole ? actions : fmt::format("{} where {}", actions, ConditionOf(shift));
}

void AddCalls(const Profile& before, const Profile& after, Changes& changes) {
  std::map<std::string, Group> groups;
  for (const Shift& shift : ShiftsOf(before, after)) {
    const Rule* rule = shift.after != nullptr ? shift.after : shift.before;
    const bool fold = shift.syscall != nullptr && shift.whole && !rule->group.empty();
    const std::string key = fmt::format(
        "{} {} {} {}", ToString(shift.from), ToString(shift.to),
        shift.syscall == nullptr ? "" : rule->at.ToString() + (shift.after ? " after" : ""),
        fold                       ? rule->group
        : shift.syscall == nullptr ? ""
        : shift.whole              ? std::string(shift.syscall->name)
                                   : fmt::format("{} {}", shift.syscall->name, ConditionOf(shift)));
    auto [found, fresh] = groups.try_emplace(key, Group{shift, {}});
    // The device's own architecture shows it best.
    const auto shown = [](const Shift& one) {
      return !one.witness ? 0 : one.witness->arch == AuditArch(Arch::kAarch64) ? 2 : 1;
    };
    if (shown(shift) > shown(found->second.first)) found->second.first = shift;
    if (shift.syscall != nullptr) found->second.names.emplace_back(shift.syscall->name);
  }
  for (const auto& [key, group] : groups) {
    const Shift& shift = group.first;
    changes.Add(
        DirectionOf(RankOf(shift.from), RankOf(shift.to)), SubjectOf(group), WhatOf(group),
        shift.witness ? ToString(*shift.witness) : "none was found in time: this may be no change",
        shift.before != nullptr ? shift.before->at : before.fallback.at,
        shift.after != nullptr ? shift.after->at : after.fallback.at);
  }
}

void AddSet(std::string_view name, const Located<std::uint64_t>& before,
            const Located<std::uint64_t>& after, Changes& changes) {
  const auto add = [&](std::uint64_t set, Direction direction, std::string_view verb,
                       std::string_view shows) {
    for (std::uint64_t number = 0; number < 64; ++number) {
      if ((set >> number & 1U) == 0) continue;
      const auto capability = NameOf(Capabilities(), number);
      changes.Add(direction, fmt::format("{} {}", name, capability), std::string(verb),
                  fmt::format("a process {} {} in its {} set", shows, capability, name), before.at,
                  after.at);
    }
  };
  add(after.value & ~before.value, Direction::kLoosened, "added", "now has");
  add(before.value & ~after.value, Direction::kTightened, "removed", "no longer has");
}

void AddEnvironment(const Profile& before, const Profile& after, Changes& changes) {
  std::map<std::string, SourceRef> old_names;
  std::map<std::string, SourceRef> new_names;
  for (const auto& one : before.environment.keep) old_names.emplace(one.value, one.at);
  for (const auto& one : after.environment.keep) new_names.emplace(one.value, one.at);
  for (const auto& [name, at] : new_names) {
    if (!old_names.contains(name))
      changes.Add(Direction::kLoosened, "environment " + name, "kept",
                  fmt::format("{}=x of whoever starts it reaches the program", name), before.at,
                  at);
  }
  for (const auto& [name, at] : old_names) {
    if (!new_names.contains(name))
      changes.Add(Direction::kTightened, "environment " + name, "no longer kept",
                  fmt::format("{}=x of whoever starts it no longer reaches the program", name), at,
                  after.at);
  }
  // What a value does is the program's own business: none of these is harmless by itself.
  std::set<std::string> names;
  for (const auto& [name, value] : before.environment.set) names.insert(name);
  for (const auto& [name, value] : after.environment.set) names.insert(name);
  for (const std::string& name : names) {
    const auto was = before.environment.set.find(name);
    const auto is = after.environment.set.find(name);
    const bool had = was != before.environment.set.end();
    const bool has = is != after.environment.set.end();
    if (had && has && was->second.value == is->second.value) continue;
    const auto text = [&](bool there, const auto& where) {
      return there ? fmt::format("\"{}\"", where->second.value) : std::string("not set");
    };
    changes.Add(Direction::kLoosened, "environment " + name,
                fmt::format("{} → {}", text(had, was), text(has, is)),
                fmt::format("the program is started with {} {}", name, text(has, is)),
                had ? was->second.at : before.at, has ? is->second.at : after.at);
  }
}

void AddDescriptors(const Profile& before, const Profile& after, Changes& changes) {
  const auto add = [&](std::string_view name, bool had, bool has) {
    if (had == has) return;
    changes.Add(
        has ? Direction::kLoosened : Direction::kTightened, fmt::format("inherit {}", name),
        has ? "inherited" : "no longer inherited",
        fmt::format("{} of whoever starts it {} open in the program", name, has ? "is" : "is not"),
        before.descriptors.at, after.descriptors.at);
  };
  const char* names[] = {"stdin", "stdout", "stderr"};
  for (std::size_t i = 0; i < 3; ++i)
    add(names[i], before.descriptors.stdio[i], after.descriptors.stdio[i]);
  add("activation", before.descriptors.activation, after.descriptors.activation);
}

// Who answers for what, and until when. The grants themselves are compared by their effect, so that
// somebody answers for one is told, and judged there.
void AddRelaxes(const Profile& before, const Profile& after, Changes& changes) {
  std::map<std::string, const Relax*> old_relaxes;
  for (const Relax& relax : before.relaxes) {
    for (const auto& what : relax.what) old_relaxes[what.value] = &relax;
  }
  std::set<std::string> answered;
  for (const Relax& relax : after.relaxes) {
    for (const auto& what : relax.what) {
      answered.insert(what.value);
      const auto found = old_relaxes.find(what.value);
      if (found == old_relaxes.end()) {
        changes.Add(Direction::kNeutral, "relax " + what.value,
                    fmt::format("added: \"{}\", {}", relax.because.value, relax.owner.value), "",
                    before.at, relax.at);
        continue;
      }
      const Relax& old = *found->second;
      const std::string& until = relax.expires.value;
      if (until != old.expires.value) {
        const bool later =
            until.empty() || (!old.expires.value.empty() && until > old.expires.value);
        const auto text = [](const std::string& date) { return date.empty() ? "no end" : date; };
        changes.Add(later ? Direction::kLoosened : Direction::kTightened, "relax " + what.value,
                    fmt::format("{} → {}", text(old.expires.value), text(until)),
                    fmt::format("on {} \"{}\" is {}", later ? old.expires.value : until, what.value,
                                later ? "still granted" : "up for removal"),
                    old.expires.at, relax.expires.at);
      }
      if (relax.because.value != old.because.value || relax.owner.value != old.owner.value)
        changes.Add(Direction::kNeutral, "relax " + what.value,
                    fmt::format("\"{}\", {}", relax.because.value, relax.owner.value), "", old.at,
                    relax.at);
    }
  }
  for (const auto& [what, relax] : old_relaxes) {
    if (!answered.contains(what))
      changes.Add(Direction::kNeutral, "relax " + what, "gone", "", relax->at, after.at);
  }
}

}  // namespace

std::vector<Change> DiffSandbox(const std::string& file, const Profile* before,
                                const Profile* after) {
  Changes changes(file);
  if (before == nullptr) {
    changes.Add(Direction::kLoosened, "profile", "new",
                fmt::format("`bf-lockdown exec {0} -- /bin/true` refused to start without a "
                            "profile {0}, and now starts",
                            after->name),
                {}, after->at);
    return std::move(changes).Take();
  }
  if (after == nullptr) {
    changes.Add(Direction::kLoosened, "profile", "gone",
                fmt::format("nothing holds what ran under \"{}\" any more: it does not start, or "
                            "its unit was changed to run it without",
                            before->name),
                before->at, {});
    return std::move(changes).Take();
  }
  AddCalls(*before, *after, changes);
  AddSet("bounding", before->capabilities.bounding, after->capabilities.bounding, changes);
  AddSet("permitted", before->capabilities.permitted, after->capabilities.permitted, changes);
  AddSet("ambient", before->capabilities.ambient, after->capabilities.ambient, changes);
  if (before->no_new_privs.value != after->no_new_privs.value)
    changes.Add(after->no_new_privs.value ? Direction::kTightened : Direction::kLoosened,
                "no_new_privs", after->no_new_privs.value ? "false → true" : "true → false",
                after->no_new_privs.value ? "execve of a setuid program no longer makes root"
                                          : "execve of a setuid program makes root",
                before->no_new_privs.at, after->no_new_privs.at);
  AddEnvironment(*before, *after, changes);
  AddDescriptors(*before, *after, changes);
  AddRelaxes(*before, *after, changes);
  if (before->unknown.value != after->unknown.value)
    changes.Add(Direction::kNeutral, "unknown_syscalls",
                after->unknown.value == Unknown::kDefault
                    ? "names nobody knows get the default action, as they did anyway"
                    : "names nobody knows make the profile invalid",
                "", before->unknown.at, after->unknown.at);
  if (before->description.value != after->description.value)
    changes.Add(Direction::kNeutral, "description", fmt::format("\"{}\"", after->description.value),
                "", before->description.at, after->description.at);
  return std::move(changes).Take();
}

}  // namespace bf::audit
