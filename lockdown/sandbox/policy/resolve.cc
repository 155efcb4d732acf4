// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lockdown/sandbox/policy/read.h"

namespace bf::lockdown::sandbox {
namespace {

using Rules = std::vector<Rule>;

std::string Subject(const Rule& rule) {
  return fmt::format("\"{}\"{}", rule.syscall->name,
                     rule.when.empty() ? "" : " with this condition");
}

// A group is a starting point: a rule of the profile itself takes the place of what a group says
// otherwise about the same calls.
void DropOverruled(Rules& rules) {
  std::erase_if(rules, [&](const Rule& rule) {
    if (rule.group.empty()) return false;
    return std::any_of(rules.begin(), rules.end(), [&](const Rule& other) {
      return other.group.empty() && !(other.action == rule.action) &&
             Overlap(other.when, rule.when);
    });
  });
}

void ReportContradictions(const Rules& rules, policy::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Rule& rule = rules[i];
      const Rule& other = rules[j];
      if (rule.action == other.action || !Overlap(rule.when, other.when)) continue;
      const std::string groups =
          rule.group.empty() ? "" : fmt::format(" ({} and {})", other.group, rule.group);
      diagnostics.Add(rule.at, "{} is to be \"{}\" here, and \"{}\" at {}{}", Subject(rule),
                      ToString(rule.action), ToString(other.action), other.at.ToString(), groups);
      return;  // one is enough for one system call
    }
  }
}

// Rules that say nothing new are left out where a group brought them, and reported where the
// profile did: who wrote a condition beside an unconditional rule believes that it counts.
void DropCovered(Rules& rules, policy::Diagnostics& diagnostics) {
  Rules kept;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Rule* by = nullptr;
    for (std::size_t j = 0; j < rules.size() && by == nullptr; ++j) {
      if (i == j || !(rules[i].action == rules[j].action)) continue;
      if (!Covers(rules[j].when, rules[i].when)) continue;
      // Of two that say the same, one stays: the profile's own, or the first.
      const bool same = rules[i].when == rules[j].when;
      const bool i_wins =
          rules[i].group.empty() != rules[j].group.empty() ? rules[i].group.empty() : i < j;
      if (!same || !i_wins) by = &rules[j];
    }
    if (by == nullptr) {
      kept.push_back(rules[i]);
    } else if (rules[i].group.empty() && (by->group.empty() || by->when.empty())) {
      diagnostics.Add(rules[i].at, "{} is said already at {}{}", Subject(rules[i]),
                      by->at.ToString(),
                      by->when.empty() && !rules[i].when.empty() ? ", without a condition" : "");
    }
  }
  rules = std::move(kept);
}

}  // namespace

void Resolve(Profile& profile, policy::Diagnostics& diagnostics) {
  std::map<const Syscall*, Rules> by_syscall;
  for (Rule& rule : profile.rules) by_syscall[rule.syscall].push_back(std::move(rule));
  profile.rules.clear();
  // The table is one array, in the order of names.
  for (auto& [syscall, rules] : by_syscall) {
    DropOverruled(rules);
    ReportContradictions(rules, diagnostics);
    DropCovered(rules, diagnostics);
    profile.rules.insert(profile.rules.end(), rules.begin(), rules.end());
  }
}

}  // namespace bf::lockdown::sandbox
