// SPDX-License-Identifier: Apache-2.0
#include "overlays/tool.h"

#include <nlohmann/json.hpp>

#include "core/facts/stage.h"
#include "overlays/judge.h"
#include "overlays/linux_facts.h"
#include "overlays/linux_host.h"
#include "overlays/report.h"

namespace bf::overlays {
namespace {

cli::Level LevelOf(Severity severity) {
  return severity == Severity::kFailed     ? cli::Level::kError
         : severity == Severity::kDegraded ? cli::Level::kWarning
                                           : cli::Level::kNotice;
}

// Others look into /run/betterframe, not into our journal: an early end has to be there, too.
Status FailedStage(const cli::Invocation& invocation, const facts::StageClock& clock,
                   const Error& error) {
  facts::StageResult stage;
  stage.stage = "overlay";
  stage.result = "failed";
  stage.reason = error.ToString();
  stage.problems = {error.ToString()};
  clock.Stamp(stage);
  return facts::WriteStageResult(invocation.root, stage);
}

Status RunApply(cli::Invocation& invocation, const facts::StageClock& clock, const StepHook& hook) {
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  BF_ASSIGN(const Facts facts, Observe(policy, invocation.root));
  const OverlayPlan plan = MakePlan(policy, facts);
  if (invocation.dry_run) {
    invocation.out() << (invocation.json ? ToText(PlanToJson(plan)) : PlanToText(plan));
    for (const auto& problem : plan.problems)
      invocation.Say(LevelOf(problem.severity), problem.text);
    return {};
  }
  LinuxHost host(policy, invocation.root, hook);
  const Applied applied = Apply(policy, facts, plan, host);
  for (const auto& problem : applied.problems)
    invocation.Say(LevelOf(problem.severity), problem.text);

  Facts after = facts;
  if (!applied.done.empty()) {
    auto now = host.ReadBack();
    if (now) after = *std::move(now);
  }
  facts::StageResult stage = StageOf(policy, applied, plan, after);
  clock.Stamp(stage);
  if (invocation.json) {
    invocation.out() << facts::StageResultToJson(stage);
  } else {
    for (const auto& done : applied.done) invocation.out() << done << "\n";
    if (applied.done.empty()) invocation.out() << "nothing to do\n";
  }
  // Also when there was nothing to do: the state it tells of is the one now.
  BF_TRY(facts::WriteStageResult(invocation.root, stage));
  if (stage.result != "ok") invocation.exit_code = cli::kExitFailed;
  return {};
}

Status ApplyVerb(cli::Invocation& invocation, const StepHook& hook) {
  const facts::StageClock clock;
  auto done = RunApply(invocation, clock, hook);
  if (!done && !invocation.dry_run) {
    if (auto told = FailedStage(invocation, clock, done.error()); !told)
      invocation.Say(cli::Level::kWarning, told.error().ToString());
  }
  return done;
}

Status CheckVerb(cli::Invocation& invocation) {
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  BF_ASSIGN(const Facts facts, Observe(policy, invocation.root));
  const CheckReport report{Check(policy, facts), ListWritable(policy, facts)};
  invocation.out() << (invocation.json ? ToText(CheckToJson(report)) : CheckToText(report));
  if (!report.findings.empty()) invocation.exit_code = cli::kExitDrift;
  return {};
}

PathStatus StatusOf(const Policy& policy, const WritablePath& entry, const Facts& facts,
                    const std::string& root) {
  PathStatus status;
  status.entry = &entry;
  const auto judgement = Judge(entry, facts, policy.data_mount_point.value);
  status.wrong = judgement.wrong;
  status.state = judgement.state == MountState::kAbsent    ? "not mounted"
                 : judgement.state == MountState::kRight   ? "mounted"
                 : judgement.state == MountState::kStandIn ? "degraded"
                                                           : "wrong";
  if (judgement.state != MountState::kAbsent) {
    const auto path = facts.paths.find(entry.name.value);
    if (path != facts.paths.end()) {
      status.bytes = path->second.fs_bytes;
      status.inodes = path->second.fs_inodes;
    }
  }
  if (!entry.persistent()) return status;
  status.store_problem = facts.data_problem;
  const auto store = facts.stores.find(entry.name.value);
  if (store == facts.stores.end()) return status;
  if (!store->second.problem.empty())
    status.store_problem = fmt::format("{} in place of its directory", store->second.problem);
  status.generations = store->second.generations;
  const auto* newest = store->second.Newest();
  if (newest == nullptr) return status;
  status.in_force = newest->number;
  auto trees =
      ReadStoreTrees(root, policy.data_mount_point.value, entry.name.value, newest->number);
  if (trees)
    status.pins = ListPins(trees->user, trees->lower);
  else
    status.pins_problem = trees.error().ToString();
  return status;
}

Status StatusVerb(cli::Invocation& invocation) {
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  BF_ASSIGN(const Facts facts, Observe(policy, invocation.root));
  StatusReport report;
  report.os = facts.os;
  if (auto stage = facts::ReadStageResult(invocation.root, "overlay"))
    report.stage = *std::move(stage);
  else
    invocation.Say(cli::Level::kWarning, stage.error().ToString());
  for (const auto& entry : policy.paths)
    report.paths.push_back(StatusOf(policy, entry, facts, invocation.root));
  invocation.out() << (invocation.json ? ToText(StatusToJson(report)) : StatusToText(report));
  return {};
}

}  // namespace

cli::Tool OverlayTool(StepHook hook) {
  return {"bf-overlay",
          "Writable paths over the read-only root, and the proof that there are no others",
          {{"apply",
            "mount what overlays.toml lists; merge kept changes when the OS is another one",
            {},
            {},
            [hook = std::move(hook)](cli::Invocation& invocation) {
              return ApplyVerb(invocation, hook);
            }},
           {"check",
            "show every writable mount, and find those that no policy lists",
            {},
            {},
            CheckVerb},
           {"status",
            "show each path, what holds its changes, and what they hide of the image",
            {},
            {},
            StatusVerb}}};
}

}  // namespace bf::overlays
