// SPDX-License-Identifier: Apache-2.0
#include "provision/data/converge.h"

namespace bf::provision::data {
namespace {

// The longest honest way (a first boot whose mount fails into every rung) takes nine rounds.
constexpr int kMaxRounds = 16;

std::string DetailOf(const Action& action) {
  const auto* check = std::get_if<CheckFilesystem>(&action);
  return check == nullptr ? "" : std::string(RungName(check->rung));
}

}  // namespace

Outcome Converge(const DataPolicy& policy, DataProbe& probe, DataHost& host,
                 const OnStep& on_step) {
  Outcome outcome;
  std::vector<Attempt> history;
  std::string reason;  // of the plan that gave up; the one after it sees a tmpfs and no cause
  for (int round = 0; round < kMaxRounds; ++round) {
    outcome.facts = probe.Observe();
    outcome.facts.history = history;
    outcome.last = PlanData(policy, outcome.facts);
    if (outcome.last.steps.empty()) {
      if (outcome.last.degraded && !reason.empty()) outcome.last.reason = reason;
      return outcome;
    }
    if (outcome.last.degraded) reason = outcome.last.reason;
    for (const auto& step : outcome.last.steps) {
      if (on_step) on_step(step.action);
      const Status status = std::visit([&](const auto& s) { return host.Do(s); }, step.action);
      Attempt attempt{plan::Name(step.action), DetailOf(step.action), status.has_value(), 0, {}};
      if (!status) {
        attempt.sys_errno = status.error().sys_errno;
        attempt.message = status.error().ToString();
        outcome.failed.push_back(plan::Describe(step.action) + ": " + attempt.message);
      } else {
        outcome.done.push_back(plan::Describe(step.action));
      }
      history.push_back(std::move(attempt));
      // What follows counted on this step: look again.
      if (!status) break;
    }
  }
  // A disk that takes writes and does not keep them, for instance.
  outcome.facts = probe.Observe();
  outcome.facts.history = history;
  outcome.settled = false;
  return outcome;
}

}  // namespace bf::provision::data
