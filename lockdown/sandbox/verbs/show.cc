// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/verbs/show.h"

#include <nlohmann/json.hpp>
#include <set>

#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/policy/names.h"

namespace bf::lockdown::sandbox {
namespace {

std::string Conditions(const Rule& rule) {
  std::string when;
  for (const Comparison& one : rule.when)
    when += fmt::format("{}{}", when.empty() ? "" : " && ", ToString(*rule.syscall, one));
  return when;
}

std::string Line(const Rule& rule) {
  const std::string when = Conditions(rule);
  return fmt::format("{:<24} {:<8} {}{}# {}:{}{}{}\n", rule.syscall->name, ToString(rule.action),
                     when, when.empty() ? "" : "  ", rule.at.line, rule.at.column,
                     rule.group.empty() ? "" : " ", rule.group);
}

std::vector<const Rule*> RulesOf(const Compiled& compiled) {
  std::vector<const Rule*> rules;
  for (const Rule& rule : compiled.profile.rules) {
    if (rule.syscall->Number(compiled.arch) >= 0) rules.push_back(&rule);
  }
  return rules;
}

}  // namespace

std::string AsTable(const Compiled& compiled) {
  const Cost& cost = compiled.proof.cost;
  std::string text = fmt::format(
      "# {} for {}: {} instructions, worst path {}, mean path {:.1f}; agrees with the profile at "
      "{} calls\n",
      compiled.profile.name, ToString(compiled.arch), cost.instructions, cost.worst, cost.mean,
      compiled.proof.calls);
  for (const Rule* rule : RulesOf(compiled)) text += Line(*rule);
  return text +
         fmt::format("{:<24} {}\n", "(everything else)", ToString(compiled.profile.fallback.value));
}

std::string AsJson(const Compiled& compiled) {
  const Cost& cost = compiled.proof.cost;
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"profile", compiled.profile.name},
                                 {"policy_sha256", compiled.profile.hash},
                                 {"arch", ToString(compiled.arch)},
                                 {"instructions", cost.instructions},
                                 {"worst_path", cost.worst},
                                 {"mean_path", cost.mean},
                                 {"calls_checked", compiled.proof.calls},
                                 {"default", ToString(compiled.profile.fallback.value)},
                                 {"rules", nlohmann::json::array()},
                                 {"notes", nlohmann::json::array()}};
  for (const Rule* rule : RulesOf(compiled)) {
    nlohmann::ordered_json one = {{"syscall", rule->syscall->name},
                                  {"action", ToString(rule->action)},
                                  {"when", nlohmann::json::array()},
                                  {"at", rule->at.ToString()}};
    for (const Comparison& comparison : rule->when)
      one["when"].push_back(ToString(*rule->syscall, comparison));
    if (!rule->group.empty()) one["group"] = rule->group;
    json["rules"].push_back(std::move(one));
  }
  for (const auto& note : compiled.profile.notes)
    json["notes"].push_back({{"at", note.at.ToString()}, {"text", note.value}});
  return json.dump(2) + "\n";
}

std::string AsUnit(const Compiled& compiled) {
  const Profile& profile = compiled.profile;
  std::string text = fmt::format("# {}, as far as systemd can say it.\n[Service]\n", profile.name);
  std::set<std::string_view> allowed;
  std::string wider;
  for (const Rule* rule : RulesOf(compiled)) {
    if (!rule->action.allows()) continue;
    allowed.insert(rule->syscall->name);
    if (!rule->when.empty())
      wider += fmt::format("# wider: {} only with {}\n", rule->syscall->name, Conditions(*rule));
  }
  text += wider;
  for (const std::string_view name : allowed) text += fmt::format("SystemCallFilter={}\n", name);
  // Without this systemd kills.
  if (profile.fallback.value.kind == ActionKind::kError)
    text += fmt::format("SystemCallErrorNumber={}\n", ToString(profile.fallback.value));
  text += "SystemCallArchitectures=native\n";
  text += fmt::format("CapabilityBoundingSet={}\n",
                      CapabilityNames(profile.capabilities.bounding.value));
  text +=
      fmt::format("AmbientCapabilities={}\n", CapabilityNames(profile.capabilities.ambient.value));
  return text + fmt::format("NoNewPrivileges={}\n", profile.no_new_privs.value ? "yes" : "no");
}

}  // namespace bf::lockdown::sandbox
