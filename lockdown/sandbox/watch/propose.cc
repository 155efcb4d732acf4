// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/propose.h"

#include <algorithm>
#include <array>

#include "core/policy/quote.h"
#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/groups.h"
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/policy/weaken.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr auto kByTiming =
    std::to_array<std::string_view>({"brk", "exit", "exit_group", "futex", "madvise", "munmap",
                                     "restart_syscall", "rt_sigreturn", "sched_yield"});

constexpr std::size_t kMostly = 4;  // of a group are seen for each call that is not
constexpr std::size_t kLineWidth = 100;

using Counts = std::map<Kind, std::uint64_t>;

std::vector<Kind> Expand(std::string_view entry) {
  std::vector<Kind> kinds;
  if (!IsCondition(entry)) return {Kind{FindSyscall(entry), {}}};
  const auto parsed = ParseCondition(entry);
  if (!parsed) return {};  // a group of ours: its test would fail
  for (const auto& when : parsed->alternatives) kinds.push_back({parsed->syscall, when});
  return kinds;
}

struct Use {
  const Group* group = nullptr;
  std::vector<Kind> seen;     // what it would stand for
  std::vector<Kind> missing;  // what it would allow beyond that
  std::uint64_t count = 0;
};

// Nobody asks for those groups by accident, and each of their calls is to be answered for.
bool IsOrdinary(const Group& group) {
  const auto never = FindGroup("@never")->entries;
  return std::none_of(group.entries.begin(), group.entries.end(), [&](std::string_view entry) {
    return std::find(never.begin(), never.end(), entry) != never.end();
  });
}

Use UseOf(const Group& group, const Counts& counts) {
  Use use{&group, {}, {}, 0};
  for (const std::string_view entry : group.entries) {
    for (const Kind& one : Expand(entry)) {
      const auto found = counts.find(one);
      if (found == counts.end()) {
        use.missing.push_back(one);
        continue;
      }
      use.seen.push_back(one);
      use.count += found->second;
    }
  }
  return use;
}

// Wholly used, or nearly: what was not seen is taken away again, and that is to stay short.
bool IsShorter(const Use& use) {
  return use.seen.size() > 1 && use.missing.size() * kMostly <= use.seen.size();
}

struct Parts {
  std::vector<Use> groups;
  Counts single;
  std::vector<Weakening> weak;
};

Parts Divide(const Learned& learned) {
  Parts parts;
  parts.single = learned.kinds;
  for (const std::string_view name : kByTiming)
    parts.single.try_emplace({FindSyscall(name), {}}, 0);
  for (const Group& group : Groups()) {
    if (!IsOrdinary(group)) continue;
    Use use = UseOf(group, parts.single);
    if (!IsShorter(use)) continue;
    for (const Kind& one : use.seen) parts.single.erase(one);
    parts.groups.push_back(std::move(use));
  }
  Profile profile;
  profile.no_new_privs.value = true;
  profile.capabilities.bounding.value = learned.capabilities;
  for (const auto& [kind, count] : learned.kinds)
    profile.rules.push_back({kind.syscall, kind.when, {ActionKind::kAllow}, {}, {}});
  parts.weak = WeakeningsOf(profile);
  return parts;
}

template <class Range>
std::string List(const Range& range) {
  std::string text = "[";
  std::size_t width = 0;
  for (const auto& one : range) {
    const std::string quoted = policy::Quote(one);
    const bool wraps = width + quoted.size() > kLineWidth;
    text += width == 0 ? "" : wraps ? ",\n  " : ", ";
    width = (wraps ? 0 : width) + quoted.size() + 2;
    text += quoted;
  }
  return text + "]";
}

std::string Head(const Learned& learned) {
  std::string text =
      "# Proposed by bf-lockdown learn from what was seen, with a count for each line. What a run "
      "did "
      "not do\n# is not in it: merge several.\n";
  if (learned.clone3 != 0)
    text += fmt::format(
        "# clone3 was asked for {} times, and refused as it will be: its flags are in memory, "
        "where "
        "no filter\n# sees them. Libraries take clone then.\n",
        learned.clone3);
  if (learned.foreign != 0)
    text += fmt::format(
        "# {} calls came from another table of system calls (32 bits, x32): in the sandbox those "
        "kill.\n",
        learned.foreign);
  if (!learned.unnamed.empty())
    text +=
        fmt::format("# Numbers {} were asked for, which have no name here: they get the default.\n",
                    fmt::join(learned.unnamed, ", "));
  return text +
         fmt::format(
             "schema = 1\ndescription = {}\ngroups = {}\ndefault = \"ENOSYS\"\n",
             policy::Quote(fmt::format("learned from {}", fmt::join(learned.programs, ", "))),
             kGroupsVersion) +
         (learned.activation ? "inherit = [\"stdin\", \"stdout\", \"stderr\", \"activation\"]\n"
                             : "");
}

std::string Rules(const Parts& parts) {
  std::string text = "\n[[rule]]\naction = \"allow\"\nsyscalls = [\n";
  for (const Use& use : parts.groups)
    text += fmt::format("  \"{}\",  # {}\n", use.group->name, use.count);
  for (const auto& [kind, count] : parts.single)
    text += fmt::format("  \"{}\",  # {}\n", ToString(kind),
                        count != 0 ? fmt::format("{}", count) : "not seen: a matter of timing");
  text += "]\n";
  const bool whole = std::all_of(parts.groups.begin(), parts.groups.end(),
                                 [](const Use& use) { return use.missing.empty(); });
  if (!whole) {
    text +=
        "\n[[rule]]\n# Of those groups, what was not seen.\naction = \"ENOSYS\"\nsyscalls = [\n";
    for (const Use& use : parts.groups) {
      for (const Kind& one : use.missing)
        text += fmt::format("  \"{}\",  # {}\n", ToString(one), use.group->name);
    }
    text += "]\n";
  }
  return text + "\n[[rule]]\naction = \"kill\"\nsyscalls = [\"@never\"]\n";
}

std::string Rest(const Learned& learned) {
  std::string text;
  if (learned.capabilities != 0) {
    std::vector<std::string_view> names;
    for (const Named& one : Capabilities()) {
      if ((learned.capabilities >> one.value & 1U) != 0) names.push_back(one.name);
    }
    text += "\n[capabilities]\n# What it had; whether it needs each was not seen.\n";
    for (const char* set : {"bounding", "permitted", "ambient"})
      text += fmt::format("{} = {}\n", set, List(names));
  }
  if (!learned.environment.empty())
    text += fmt::format(
        "\n[environment]\n# What it was given; take away what it does not need.\n"
        "keep = {}\n",
        List(learned.environment));
  return text;
}

std::string Text(const Learned& learned, const Parts& parts, std::string_view because,
                 std::string_view owner) {
  std::string text = Head(learned) + Rules(parts) + Rest(learned);
  for (const Weakening& one : parts.weak)
    text += fmt::format(
        "\n[[relax]]\n# {}. Why does it need to? Without an answer this profile is refused.\n"
        "what = [{}]\nbecause = {}\nowner = {}\n",
        one.why, policy::Quote(one.what), policy::Quote(because), policy::Quote(owner));
  return text;
}

// The other way round: through the reader, and each rule held against what was seen.
Status Check(const Learned& learned, const Parts& parts) {
  const auto profile = ParseProfile(Text(learned, parts, "x", "x"), "the proposal", "proposal");
  if (!profile)
    return FailKind(ErrorKind::kInternal, "what is proposed cannot be read: {}",
                    profile.error().ToString());
  const auto allows = [&](const Kind& kind) {
    return std::any_of(profile->rules.begin(), profile->rules.end(), [&](const Rule& rule) {
      return rule.action.allows() && rule.syscall == kind.syscall && Covers(rule.when, kind.when);
    });
  };
  for (const auto& [kind, count] : learned.kinds) {
    if (!allows(kind))
      return FailKind(ErrorKind::kInternal, "what is proposed does not allow {}", ToString(kind));
  }
  for (const Rule& rule : profile->rules) {
    if (!rule.action.allows()) continue;
    const bool timing =
        std::find(kByTiming.begin(), kByTiming.end(), rule.syscall->name) != kByTiming.end();
    const bool seen = std::any_of(learned.kinds.begin(), learned.kinds.end(), [&](const auto& one) {
      return one.first.syscall == rule.syscall && Covers(one.first.when, rule.when);
    });
    if (!seen && !timing)
      return FailKind(ErrorKind::kInternal, "what is proposed also allows {}",
                      ToString(Kind{rule.syscall, rule.when}));
  }
  return {};
}

}  // namespace

std::span<const std::string_view> CallsByTiming() { return kByTiming; }

Result<std::string> ProposeProfile(const Learned& learned) {
  const Parts parts = Divide(learned);
  BF_TRY(Check(learned, parts));
  return Text(learned, parts, "", "");
}

}  // namespace bf::lockdown::sandbox
