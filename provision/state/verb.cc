// SPDX-License-Identifier: Apache-2.0
#include "provision/state/verb.h"

#include <nlohmann/json.hpp>

#include "core/facts/stage.h"
#include "provision/reset/linux_reset.h"
#include "provision/state/apply.h"
#include "provision/state/facts.h"
#include "provision/state/linux_host.h"
#include "provision/state/plan.h"
#include "provision/state/policy.h"

namespace bf::provision::state {
namespace {

using Json = nlohmann::ordered_json;

struct Outcome {
  Facts facts;
  plan::Plan<Action> steps;  // what had to be done
  Report report;
};

void AddProblems(const std::vector<Problem>& problems, Report& report) {
  for (const Problem& problem : problems) {
    std::string text = problem.message;
    if (problem.at) text = problem.at.ToString() + ": " + text;
    report.problems.push_back(std::move(text));
  }
}

Status Carry(cli::Invocation& invocation, const Policy& policy, Outcome& outcome) {
  // Before any bind, while nobody can be using what a factory reset removes.
  reset::Outcome reset;
  if (!invocation.dry_run) reset = reset::CarryOutAtBoot(invocation.root, policy);
  outcome.report.done = std::move(reset.done);
  outcome.report.problems = std::move(reset.problems);

  BF_ASSIGN(outcome.facts, ObserveFacts(invocation.root, policy));
  Planned planned = MakePlan(policy, outcome.facts);
  outcome.steps = planned.steps;
  AddProblems(planned.problems, outcome.report);
  if (planned.steps.empty() || invocation.dry_run) return {};

  BF_ASSIGN(LinuxHost host, LinuxHost::Open(invocation.root, policy.mount_point));
  Report applied = Apply(planned.steps, host);
  for (std::string& line : applied.done) outcome.report.done.push_back(std::move(line));
  outcome.report.findings = std::move(applied.findings);
  outcome.report.unfinished = std::move(applied.unfinished);
  for (std::string& line : applied.problems) outcome.report.problems.push_back(std::move(line));
  // What was done is believed only when it is seen.
  BF_ASSIGN(outcome.facts, ObserveFacts(invocation.root, policy));
  if (!outcome.report.problems.empty()) return {};
  for (const auto& step : MakePlan(policy, outcome.facts).steps) {
    if (const auto* walk = std::get_if<SetProject>(&step.action);
        walk != nullptr && outcome.report.unfinished.count(walk->entry) != 0) {
      continue;  // a finding says so
    }
    outcome.report.problems.push_back(
        fmt::format("{}: done without an error, but it did not hold", plan::Describe(step.action)));
  }
  return {};
}

Json PathsToJson(const Policy& policy, const Facts& facts) {
  Json paths = Json::array();
  for (const Entry& entry : policy.entries) {
    const auto found = facts.entries.find(entry.name.value);
    if (found == facts.entries.end()) continue;
    Json path = {{"path", entry.path.value},
                 {"source", found->second.source},
                 {"bound", found->second.at_target.bound},
                 {"scope", entry.scope.value == Scope::kShared ? "shared" : "per-slot"},
                 {"reset", entry.reset.value == OnReset::kKeep ? "keep" : "clear"},
                 {"owner", entry.owner.value},
                 {"group", entry.group.value},
                 {"mode", fmt::format("{:04o}", entry.mode.value)}};
    if (found->second.quota) {
      path["quota"] = {{"limit_bytes", found->second.quota->limit_bytes},
                       {"limit_inodes", found->second.quota->limit_inodes},
                       {"used_bytes", found->second.quota->used_bytes},
                       {"used_inodes", found->second.quota->used_inodes}};
    }
    paths.push_back(std::move(path));
  }
  return paths;
}

facts::StageResult Summarise(const Policy& policy, const Outcome& outcome) {
  facts::StageResult result;
  result.stage = "state";
  result.done = outcome.report.done;
  result.problems = outcome.report.problems;
  for (const std::string& line : outcome.report.findings) result.problems.push_back(line);
  if (!outcome.report.problems.empty()) {
    result.result = outcome.facts.data_mounted ? "degraded" : "failed";
    result.reason = outcome.report.problems.front();
  } else if (outcome.facts.data_volatile) {
    result.result = "degraded";
    result.reason = "BF_DATA is in memory: what is written now is gone at the next boot";
  }
  result.details = {{"slot", outcome.facts.slot},
                    {"quotas", outcome.facts.quotas},
                    {"paths", PathsToJson(policy, outcome.facts)}};
  return result;
}

void Print(cli::Invocation& invocation, const Outcome& outcome) {
  if (invocation.json) {
    const Json json = {{"schema", 1},
                       {"slot", outcome.facts.slot},
                       {"plan", plan::ToJson(outcome.steps)},
                       {"done", outcome.report.done},
                       {"findings", outcome.report.findings},
                       {"problems", outcome.report.problems}};
    invocation.out() << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  } else if (invocation.dry_run || outcome.report.done.empty()) {
    invocation.out() << plan::ToText(outcome.steps);
  } else {
    for (const std::string& line : outcome.report.done) invocation.out() << line << "\n";
  }
  for (const std::string& line : outcome.report.findings) {
    invocation.Say(cli::Level::kWarning, line);
  }
  for (const std::string& line : outcome.report.problems) {
    invocation.Say(cli::Level::kError, line);
  }
}

Status Run(cli::Invocation& invocation) {
  const facts::StageClock clock;
  Outcome outcome;
  auto policy = LoadPolicy(invocation.policy_dir);
  const Status carried =
      policy ? Carry(invocation, *policy, outcome) : Status(Failure(policy.error()));
  if (carried) Print(invocation, outcome);
  if (!invocation.dry_run) {
    facts::StageResult result;
    if (carried) {
      result = Summarise(*policy, outcome);
    } else {
      result.stage = "state";
      result.result = "failed";
      result.reason = carried.error().ToString();
    }
    if (result.result != "ok") invocation.exit_code = cli::kExitFailed;
    clock.Stamp(result);
    if (auto written = facts::WriteStageResult(invocation.root, result); !written) {
      invocation.Say(cli::Level::kWarning, written.error().ToString());
    }
  }
  BF_TRY(carried);
  if (!outcome.report.problems.empty()) invocation.exit_code = cli::kExitFailed;
  return {};
}

}  // namespace

cli::Verb StateVerb() {
  cli::Verb verb;
  verb.name = "state";
  verb.summary = "bind what must outlive a boot from BF_DATA onto the read-only root";
  verb.run = Run;
  return verb;
}

}  // namespace bf::provision::state
