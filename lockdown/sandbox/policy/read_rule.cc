// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/groups.h"
#include "lockdown/sandbox/policy/read.h"

namespace bf::lockdown::sandbox {
namespace {

SourceRef Inside(const SourceRef& at, std::size_t offset) {
  // The string starts with a quote; a column that is off in a multi-line string still is the line.
  return {at.file, at.line, at.column + 1 + static_cast<int>(offset)};
}

void AddUnknown(const Located<std::string>& entry, const ConditionProblem& problem,
                Profile& profile, policy::Diagnostics& diagnostics) {
  if (profile.unknown.value == Unknown::kDefault)
    profile.notes.push_back({fmt::format("{}: it gets the default action, {}", problem.message,
                                         ToString(profile.fallback.value)),
                             entry.at});
  else
    diagnostics.Add(Inside(entry.at, problem.offset), "{}", problem.message);
}

std::string NoSuchSyscall(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Syscall& one : Syscalls()) names.push_back(one.name);
  const auto closest = policy::ClosestMatch(name, names);
  return closest.empty()
             ? fmt::format("there is no system call \"{}\"", name)
             : fmt::format("there is no system call \"{}\" (did you mean \"{}\"?)", name, closest);
}

void Add(std::string_view text, const Located<std::string>& entry, const std::string& group,
         Action action, Profile& profile, policy::Diagnostics& diagnostics) {
  Condition condition;
  if (IsCondition(text)) {
    auto parsed = ParseCondition(text);
    if (!parsed && parsed.error().unknown_name)
      return AddUnknown(entry, parsed.error(), profile, diagnostics);
    if (!parsed)
      return diagnostics.Add(Inside(entry.at, parsed.error().offset), "{}", parsed.error().message);
    condition = std::move(*parsed);
  } else {
    condition.syscall = FindSyscall(text);
    condition.alternatives.emplace_back();
    if (condition.syscall == nullptr)
      return AddUnknown(entry, {0, NoSuchSyscall(text), true}, profile, diagnostics);
  }
  for (auto& when : condition.alternatives)
    profile.rules.push_back({condition.syscall, std::move(when), action, entry.at, group});
}

void AddGroup(const Located<std::string>& entry, Action action, Profile& profile,
              policy::Diagnostics& diagnostics) {
  const Group* group = FindGroup(entry.value);
  if (group == nullptr) {
    std::vector<std::string_view> names;
    for (const Group& one : Groups()) names.push_back(one.name);
    const auto closest = policy::ClosestMatch(entry.value, names);
    return diagnostics.Add(entry.at, "there is no group \"{}\"{}", entry.value,
                           closest.empty() ? "; `bf-lockdown groups` lists them"
                                           : fmt::format(" (did you mean \"{}\"?)", closest));
  }
  for (const std::string_view text : group->entries)
    Add(text, entry, entry.value, action, profile, diagnostics);
}

}  // namespace

void ReadRule(policy::Reader& reader, Profile& profile) {
  auto& diagnostics = reader.diagnostics();
  const auto name = reader.String("action");
  const auto action = ParseAction(name.value);
  if (!name.value.empty() && !action)
    diagnostics.Add(name.at,
                    "\"{}\" is not an action: \"allow\", \"log\", \"kill\" or an error "
                    "such as \"EPERM\"",
                    name.value);
  const auto entries = reader.Strings("syscalls");
  if (entries.empty()) diagnostics.Add(reader.at(), "\"syscalls\" is missing or empty");
  for (const auto& entry : entries) {
    if (profile.rules.size() > kMostRules) return;
    if (entry.value.starts_with('@'))
      AddGroup(entry, action.value_or(Action{}), profile, diagnostics);
    else
      Add(entry.value, entry, "", action.value_or(Action{}), profile, diagnostics);
  }
}

}  // namespace bf::lockdown::sandbox
