// SPDX-License-Identifier: Apache-2.0
#include "provision/state/apply.h"

namespace bf::provision::state {
namespace {

class Run {
 public:
  explicit Run(Host& host) : host_(host) {}

  void Step(const plan::Step<Action>& step) {
    const std::string& entry = EntryOf(step.action);
    if (given_up_.count(entry) != 0) return;
    const Status status =
        std::visit([this](const auto& action) { return Do(action); }, step.action);
    if (status) {
      report_.done.push_back(plan::Describe(step.action));
      return;
    }
    Error error = status.error();
    if (!error.source) error.source = step.because;
    report_.problems.push_back(error.ToString());
    const bool only_a_limit = std::holds_alternative<SetQuota>(step.action) ||
                              std::holds_alternative<SetOwnerQuota>(step.action) ||
                              std::holds_alternative<SetProject>(step.action);
    if (!only_a_limit) given_up_.insert(entry);
  }

  Report Finish() { return std::move(report_); }

 private:
  Status Do(const MoveAside& action) {
    BF_ASSIGN(const std::string now, host_.Do(action));
    report_.findings.push_back(
        fmt::format("{} was {}; kept as {}", action.source, action.found, now));
    return {};
  }

  Status Do(const Create& action) {
    BF_ASSIGN(std::vector<std::string> left_out, host_.Do(action));
    for (std::string& line : left_out) report_.findings.push_back(std::move(line));
    return {};
  }

  Status Do(const SetOwner& action) {
    BF_TRY(host_.Do(action));
    report_.findings.push_back(fmt::format("{} had another owner or mode; now {}:{} {:04o}",
                                           action.source, action.uid, action.gid, action.mode));
    return {};
  }

  Status Do(const SetProject& action) {
    BF_ASSIGN(ProjectWalk walk, host_.Do(action));
    for (std::string& line : walk.findings) report_.findings.push_back(std::move(line));
    if (!walk.finished) report_.unfinished.insert(action.entry);
    return {};
  }

  template <class Other>
  Status Do(const Other& action) {
    return host_.Do(action);
  }

  Host& host_;
  std::set<std::string> given_up_;
  Report report_;
};

}  // namespace

Report Apply(const plan::Plan<Action>& steps, Host& host) {
  Run run(host);
  for (const auto& step : steps) run.Step(step);
  return run.Finish();
}

}  // namespace bf::provision::state
