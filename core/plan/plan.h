// SPDX-License-Identifier: Apache-2.0
// A plan: what would be done, in order, each step naming the policy line that asked for it.
// Planning is a pure function; only an Apply function, which takes a host, changes anything.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::plan {

template <class Action>
struct Step {
  Action action;
  SourceRef because;

  bool operator==(const Step&) const = default;
};

// Action is a std::variant of small value types, each with `std::string Describe() const` (one
// line, for people, in the imperative: "mount /dev/vda6 on /var/lib/betterframe") and
// `static constexpr std::string_view kName` (for JSON: "mount").
template <class Action>
using Plan = std::vector<Step<Action>>;

template <class Action>
std::string Describe(const Action& action) {
  return std::visit([](const auto& a) { return a.Describe(); }, action);
}
template <class Action>
std::string Name(const Action& action) {
  return std::visit([](const auto& a) { return std::string(a.kName); }, action);
}

// "describe  (policies/layout.toml:12:1)" per line; "nothing to do" for an empty plan.
template <class Action>
std::string ToText(const Plan<Action>& plan) {
  if (plan.empty()) return "nothing to do\n";
  std::string text;
  for (const auto& step : plan) {
    text += Describe(step.action);
    if (step.because) text += "  (" + step.because.ToString() + ")";
    text += '\n';
  }
  return text;
}

// [{"action": "mount", "describe": "…", "because": "file:line:column"}, …]
template <class Action, class Json = nlohmann::ordered_json>
Json ToJson(const Plan<Action>& plan) {
  Json list = Json::array();
  for (const auto& step : plan) {
    list.push_back({{"action", Name(step.action)},
                    {"describe", Describe(step.action)},
                    {"because", step.because.ToString()}});
  }
  return list;
}

}  // namespace bf::plan
