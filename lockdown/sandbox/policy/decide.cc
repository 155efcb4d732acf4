// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/decide.h"

#include <algorithm>

namespace bf::lockdown::sandbox {
namespace {

constexpr std::size_t kMostPairs = 400;

using Values = std::vector<std::uint64_t>;

template <class T>
void SortUnique(std::vector<T>& all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

void AddAround(Values& values, const Comparison& one) {
  const std::uint64_t v = one.value;
  const std::uint64_t beyond = ~one.mask;
  for (const std::uint64_t base : {v, v | beyond})
    values.insert(values.end(), {base, base - 1, base + 1, base ^ (std::uint64_t{1} << 32U),
                                 base ^ (std::uint64_t{1} << 63U), base | 0xffffffff00000000U,
                                 base & 0xffffffffU, (base << 32U) | (base >> 32U)});
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((one.mask >> bit & 1U) != 0) values.push_back(v ^ (std::uint64_t{1} << bit));
  }
}

// For each argument the values at which some rule for this number changes its mind.
std::array<Values, 6> Interesting(const std::vector<const Rule*>& rules) {
  std::array<Values, 6> values;
  for (auto& one : values) one = {0, 1, ~std::uint64_t{0}, 0xffffffffU, std::uint64_t{1} << 32U};
  // With hundreds of values for one argument, each with its neighbours is enough: the bits of the
  // first tell a wrong mask, and a wrong value is its own.
  std::map<unsigned, std::size_t> count;
  for (const Rule* rule : rules) {
    for (const Comparison& one : rule->when) {
      if (++count[one.argument] <= 16)
        AddAround(values[one.argument], one);
      else
        values[one.argument].insert(values[one.argument].end(),
                                    {one.value, one.value - 1, one.value + 1,
                                     one.value ^ (std::uint64_t{1} << 32U), one.value | ~one.mask});
    }
  }
  for (Values& one : values) SortUnique(one);
  return values;
}

}  // namespace

std::string ToString(const Call& call) {
  for (const Arch arch : kArches) {
    if (AuditArch(arch) != call.arch) continue;
    const Syscall* syscall = FindSyscall(arch, call.number);
    if (syscall == nullptr)
      return fmt::format("{} system call {:#x} ({:#x})", ToString(arch), call.number,
                         fmt::join(call.arguments, ", "));
    std::string text;
    const auto arguments = ArgumentsOf(*syscall);
    for (std::size_t i = 0; i < arguments.size(); ++i)
      text += fmt::format("{}{} = {:#x}", i == 0 ? "" : ", ", arguments[i].name, call.arguments[i]);
    return fmt::format("{} {}({})", ToString(arch), syscall->name, text);
  }
  return fmt::format("architecture {:#x} system call {:#x}", call.arch, call.number);
}

Oracle::Oracle(const Profile& profile, Arch arch) : profile_(&profile), arch_(arch) {
  for (const Rule& rule : profile.rules) {
    const int number = rule.syscall->Number(arch);
    if (number >= 0) by_number_[static_cast<std::uint32_t>(number)].push_back(&rule);
  }
}

const std::vector<const Rule*>& Oracle::RulesFor(std::uint32_t number) const {
  static const std::vector<const Rule*> none;
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? none : found->second;
}

Verdict Oracle::Decide(const Call& call) const {
  if (call.arch != AuditArch(arch_)) return {{ActionKind::kKill}, nullptr};
  // -1 is what is left of a call that a tracer took away: not x32.
  if (arch_ == Arch::kX86_64 && call.number >= kX32Bit && call.number != 0xffffffff)
    return {{ActionKind::kKill}, nullptr};
  for (const Rule* rule : RulesFor(call.number)) {
    if (std::all_of(rule->when.begin(), rule->when.end(),
                    [&](const Comparison& one) { return one.Holds(call.arguments[one.argument]); }))
      return {rule->action, rule};
  }
  return {profile_->fallback.value, nullptr};
}

namespace {

// Those of one number, some of them more than once.
template <class Visit>
void VisitPoints(const Oracle& oracle, std::uint32_t number, const Visit& visit) {
  const auto& rules = oracle.RulesFor(number);
  const Call plain{AuditArch(oracle.arch()), number, {}};
  Call ones = plain;
  ones.arguments.fill(~std::uint64_t{0});
  visit(plain);
  visit(ones);
  const auto interesting = Interesting(rules);
  // Each base with one argument elsewhere; two at a time while they are few.
  const auto vary = [&](const Call& base, const std::vector<Comparison>& when) {
    for (std::size_t i = 0; i < 6; ++i) {
      // That would be `plain` with this argument elsewhere.
      if (when.size() == 1 && when.front().argument == i) continue;
      for (const std::uint64_t value : interesting[i]) {
        Call call = base;
        call.arguments[i] = value;
        visit(call);
      }
    }
  };
  vary(plain, {});
  vary(ones, {});
  for (const Rule* rule : rules) {
    Call match = plain;
    for (const Comparison& one : rule->when) match.arguments[one.argument] = one.value;
    if (!rule->when.empty()) vary(match, rule->when);
  }
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = i + 1; j < 6; ++j) {
      if (interesting[i].size() * interesting[j].size() > kMostPairs || rules.size() < 2) continue;
      for (const std::uint64_t a : interesting[i]) {
        for (const std::uint64_t b : interesting[j]) {
          Call call = plain;
          call.arguments[i] = a;
          call.arguments[j] = b;
          visit(call);
        }
      }
    }
  }
}

}  // namespace

std::vector<Call> PartitionPoints(const Oracle& oracle, std::uint32_t number) {
  std::vector<Call> calls;
  VisitPoints(oracle, number, [&](const Call& call) { calls.push_back(call); });
  SortUnique(calls);
  return calls;
}

void ForEachPartitionPoint(const Oracle& oracle, const std::function<void(const Call&)>& visit) {
  const std::uint32_t native = AuditArch(oracle.arch());
  for (std::uint32_t number = 0; number <= kMostNumber; ++number) {
    if (oracle.RulesFor(number).empty()) {
      Call call{native, number, {}};
      visit(call);
      call.arguments.fill(~std::uint64_t{0});
      visit(call);
      continue;
    }
    VisitPoints(oracle, number, visit);
  }
  // The other architecture, i386, arm; x32; what no kernel has; what a tracer leaves.
  for (std::uint32_t number = 0; number <= kMostNumber; ++number) {
    for (const std::uint32_t arch : {0xc000003eU, 0xc00000b7U, 0x40000003U, 0x40000028U, 0U}) {
      if (arch != native) visit({arch, number, {}});
    }
    visit({native, number | kX32Bit, {}});
  }
  for (const std::uint32_t number :
       {0xffffffffU, 0xfffffffeU, 0x80000000U, 0x7fffffffU, 0x3fffffffU, 0x40000000U, 0xc0000000U,
        0xbfffffffU, 0x10000U, 0x20000000U})
    visit({native, number, {}});
}

std::vector<Call> PartitionPoints(const Oracle& oracle) {
  std::vector<Call> calls;
  ForEachPartitionPoint(oracle, [&](const Call& call) { calls.push_back(call); });
  SortUnique(calls);
  return calls;
}

}  // namespace bf::lockdown::sandbox
