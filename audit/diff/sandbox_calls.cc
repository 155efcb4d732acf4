// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/sandbox_calls.h"

#include <algorithm>

#include "audit/diff/calls.h"
#include "lockdown/sandbox/policy/names.h"

namespace bf::audit {
namespace {

using namespace lockdown::sandbox;

// The device's first.
constexpr Arch kShownFirst[] = {Arch::kAarch64, Arch::kX86_64};

// What a reviewer recognizes, where any value would do.
struct Known {
  std::string_view syscall;
  unsigned argument;
  std::string_view constant;
};
constexpr Known kKnown[] = {
    {"ioctl", 1, "TIOCSTI"},           {"ioctl", 1, "TIOCLINUX"}, {"socket", 0, "AF_NETLINK"},
    {"socket", 0, "AF_PACKET"},        {"socket", 0, "AF_INET"},  {"clone", 0, "CLONE_NEWUSER"},
    {"prctl", 0, "PR_SET_SECCOMP"},    {"mmap", 2, "PROT_EXEC"},  {"mprotect", 2, "PROT_EXEC"},
    {"pkey_mprotect", 2, "PROT_EXEC"},
};
// Of what no rule names, one that a reviewer would not want.
constexpr std::string_view kUnwanted[] = {"ptrace", "mount",          "bpf",     "init_module",
                                          "keyctl", "io_uring_setup", "mknodat", "chroot"};

std::vector<std::pair<unsigned, std::uint64_t>> KnownValues(const Syscall& syscall) {
  std::vector<std::pair<unsigned, std::uint64_t>> values;
  for (const Known& known : kKnown) {
    if (known.syscall != syscall.name) continue;
    if (const auto value = Lookup(Constants(), known.constant))
      values.emplace_back(known.argument, *value);
  }
  return values;
}

using Rules = std::vector<const Rule*>;

// "Everything" is no rule, and what no rule matches is the default.
struct Region {
  Action action;
  const Rule* rule;
};

std::vector<Region> RegionsOf(const Rules& rules, const Profile& profile) {
  std::vector<Region> regions;
  for (const Rule* rule : rules) regions.push_back({rule->action, rule});
  regions.push_back({profile.fallback.value, nullptr});
  return regions;
}

std::vector<Calls> SetsOf(const Rules& rules) {
  std::vector<Calls> sets;
  for (const Rule* rule : rules) sets.push_back(Matching(rule->when));
  return sets;
}

class Comparer {
 public:
  Comparer(const Profile& before, const Profile& after) : before_(before), after_(after) {
    for (const Arch arch : kShownFirst) {
      oracles_.push_back({Oracle(before, arch), Oracle(after, arch)});
    }
  }

  std::vector<Shift> Compare() && {
    std::map<const Syscall*, std::pair<Rules, Rules>> rules;
    for (const Rule& rule : before_.rules) rules[rule.syscall].first.push_back(&rule);
    for (const Rule& rule : after_.rules) rules[rule.syscall].second.push_back(&rule);
    for (const auto& [syscall, both] : rules) CompareOne(*syscall, both.first, both.second);
    if (before_.fallback.value != after_.fallback.value) CompareDefault(rules);
    return std::move(shifts_);
  }

 private:
  void CompareOne(const Syscall& syscall, const Rules& before, const Rules& after) {
    const auto sets_before = SetsOf(before);
    const auto sets_after = SetsOf(after);
    const auto known = KnownValues(syscall);
    for (const Region& from : RegionsOf(before, before_)) {
      for (const Region& to : RegionsOf(after, after_)) {
        // Two defaults are one change, of everything that is not named.
        if (from.action == to.action || (from.rule == nullptr && to.rule == nullptr)) continue;
        const auto calls =
            Both(Matching(from.rule == nullptr ? std::vector<Comparison>{} : from.rule->when),
                 Matching(to.rule == nullptr ? std::vector<Comparison>{} : to.rule->when));
        if (!calls) continue;
        static const std::vector<Calls> none;
        const auto& out = from.rule == nullptr ? sets_before
                          : to.rule == nullptr ? sets_after
                                               : none;
        const Search search = FindOutside(*calls, out, known);
        if (!search.arguments && !search.gave_up) continue;
        Shift shift{&syscall, from.action, to.action, from.rule, to.rule, std::nullopt, false};
        shift.whole = (from.rule == nullptr ? before.empty() : from.rule->when.empty()) &&
                      (to.rule == nullptr ? after.empty() : to.rule->when.empty());
        if (search.arguments) shift.witness = Shown(shift, *search.arguments);
        shifts_.push_back(shift);
      }
    }
  }

  // Where neither profile has a word to say: the next number that it is not in use, or better a
  // system call.
  template <class Map>
  void CompareDefault(const Map& rules) {
    Shift shift{
        nullptr, before_.fallback.value, after_.fallback.value, nullptr, nullptr, std::nullopt,
        true};
    for (const std::string_view name : kUnwanted) {
      const Syscall* syscall = FindSyscall(name);
      if (syscall == nullptr || rules.contains(syscall)) continue;
      shift.witness = Call{AuditArch(kShownFirst[0]),
                           static_cast<std::uint32_t>(syscall->Number(kShownFirst[0])),
                           {}};
      if (syscall->Number(kShownFirst[0]) >= 0 && Decided(shift, 0)) break;
      shift.witness.reset();
    }
    if (!shift.witness) shift.witness = Call{AuditArch(kShownFirst[0]), kMostNumber, {}};
    shifts_.push_back(shift);
  }

  bool Decided(const Shift& shift, std::size_t arch) const {
    return oracles_[arch].first.Decide(*shift.witness).action == shift.from &&
           oracles_[arch].second.Decide(*shift.witness).action == shift.to;
  }

  // A witness counts for what the oracles say of it, not for what was computed here.
  std::optional<Call> Shown(Shift shift, const std::array<std::uint64_t, 6>& arguments) const {
    for (std::size_t i = 0; i < std::size(kShownFirst); ++i) {
      const int number = shift.syscall->Number(kShownFirst[i]);
      if (number < 0) continue;
      shift.witness =
          Call{AuditArch(kShownFirst[i]), static_cast<std::uint32_t>(number), arguments};
      if (Decided(shift, i)) return shift.witness;
    }
    return std::nullopt;
  }

  const Profile& before_;
  const Profile& after_;
  std::vector<std::pair<Oracle, Oracle>> oracles_;
  std::vector<Shift> shifts_;
};

}  // namespace

int RankOf(Action action) {
  switch (action.kind) {
    case ActionKind::kKill:
      return 0;
    case ActionKind::kError:
      return 1;
    case ActionKind::kLog:
      return 2;
    case ActionKind::kAllow:
      return 3;
  }
  return 3;
}

std::vector<Shift> ShiftsOf(const Profile& before, const Profile& after) {
  return Comparer(before, after).Compare();
}

}  // namespace bf::audit
