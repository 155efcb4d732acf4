// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/apply.h"

#include <algorithm>
#include <map>
#include <set>

#include "lockdown/apply/act.h"

namespace bf::lockdown {
namespace {

// Gates, devices, interfaces, HID devices, input nodes: each may need the one before it.
constexpr int kMostRounds = 8;
// Of a step that decide may be at in the same moment, for udev.
constexpr int kMostTries = 3;

bool IsDecidesToo(const Action& action) {
  return std::holds_alternative<BindHid>(action) || std::holds_alternative<ReleaseInput>(action);
}

class Applier {
 public:
  Applier(Kernel& kernel, Applied& applied) : kernel_(kernel), applied_(applied) {}

  // False if no step was new.
  bool Round(const Plan& plan) {
    bool any = false;
    for (const auto& step : plan) {
      const std::string what = plan::Describe(step.action);
      const bool again = left_.contains(what) && left_[what].tries < kMostTries;
      if (IsBehindAnOpenGate(step.action) || (!tried_.insert(what).second && !again)) continue;
      any = true;
      if (auto done = Act(kernel_, step.action); done) {
        left_.erase(what);
        applied_.done.push_back(what);
      } else {
        Failed(step.action, what, done.error());
      }
    }
    return any;
  }

  // What failed here and is still to be done: decide did the rest.
  void Settle(const Plan& plan) {
    for (const auto& step : plan) {
      const auto left = left_.find(plan::Describe(step.action));
      if (left == left_.end()) continue;
      Say(Severity::kDegraded, fmt::format("{}: {}", left->first, left->second.error));
      left_.erase(left);
    }
  }

 private:
  bool IsBehindAnOpenGate(const Action& action) const {
    if (!Opens(action)) return false;
    return open_hubs_.contains(LineageOf(PathOf(action)).root_hub);
  }

  void Say(Severity severity, std::string text) {
    applied_.problems.push_back({severity, std::move(text)});
  }

  void Failed(const Action& action, const std::string& what, const Error& error) {
    const std::string path = PathOf(action);
    if (std::holds_alternative<LoadModule>(action))
      return Say(Severity::kNote, fmt::format("{}: {}", what, error.ToString()));
    // A device may go at any time. A gate may not.
    const bool hub = LineageOf(path).root_hub == path;
    if (!path.empty() && !hub && IsGone(error)) return;
    if (IsDecidesToo(action)) {
      Left& left = left_[what];
      ++left.tries;
      left.error = error.ToString();
      return;
    }
    const bool opens = Opens(action) && !hub;
    Say(opens ? Severity::kDegraded : Severity::kFailed,
        fmt::format("{}: {}", what, error.ToString()));
    if (!path.empty() && hub) ShutHub(path);
    if (std::holds_alternative<InhibitInput>(action)) CutOff(path);
  }

  void ShutHub(const std::string& path) {
    if (!open_hubs_.insert(path).second) return;
    const Action shut = ShutDevices{path};
    const auto done = Act(kernel_, shut);
    if (done)
      applied_.done.push_back(plan::Describe(shut));
    else if (!IsGone(done.error()))
      Say(Severity::kFailed, fmt::format("{}: {}", plan::Describe(shut), done.error().ToString()));
  }

  // A node that cannot be inhibited loses its driver.
  void CutOff(const std::string& input) {
    const Lineage lineage = LineageOf(input);
    if (lineage.hid.empty()) return;
    const auto driver = kernel_.Link(lineage.hid, "driver");
    if (!driver) return;
    const Action unbind = UnbindHid{lineage.hid, std::string(BaseName(*driver))};
    if (Act(kernel_, unbind)) applied_.done.push_back(plan::Describe(unbind));
  }

  Kernel& kernel_;
  Applied& applied_;
  struct Left {
    int tries = 0;
    std::string error;
  };
  std::set<std::string> tried_;
  std::map<std::string, Left> left_;
  std::set<std::string> open_hubs_;
};

}  // namespace

std::string Applied::result() const {
  Severity worst = Severity::kNote;
  for (const auto& problem : problems) worst = std::max(worst, problem.severity);
  return worst == Severity::kFailed ? "failed" : worst == Severity::kDegraded ? "degraded" : "ok";
}

Applied Apply(const Policy* policy, const Situation& situation, Kernel& kernel) {
  Applied applied;
  Applier applier(kernel, applied);
  for (int round = 0; round < kMostRounds; ++round) {
    kernel.Forget();
    auto facts = Observe(kernel);
    if (!facts) {
      applied.problems.push_back({Severity::kFailed, facts.error().ToString()});
      return applied;
    }
    applied.after = *std::move(facts);
    if (!applier.Round(MakePlan(policy, situation, applied.after))) break;
  }
  applier.Settle(MakePlan(policy, situation, applied.after));
  // What was said above is how; this is what it comes to.
  for (std::string& open : FindOpenGates(applied.after))
    applied.problems.push_back({Severity::kFailed, std::move(open)});
  return applied;
}

}  // namespace bf::lockdown
