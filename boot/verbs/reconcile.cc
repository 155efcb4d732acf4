// SPDX-License-Identifier: Apache-2.0
#include "boot/verbs/report.h"
#include "boot/verbs/verbs.h"
#include "core/facts/stage.h"

namespace bf::boot {
namespace {

Status RunReconcile(cli::Invocation& invocation) {
  const facts::StageClock clock;
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  if (!invocation.dry_run) BF_TRY(machine.Lock());
  const Facts facts = machine.ObserveForReport();
  const Judgement judged = Judge(facts);
  const Change change = Reconcile(facts);

  facts::StageResult result;
  result.stage = "boot";
  result.problems = judged.disagreements;
  result.problems.insert(result.problems.end(), judged.problems.begin(), judged.problems.end());
  const auto applied = ApplyOrShow(invocation, machine, facts, change);
  if (applied) {
    result.done = Describe(change);
  } else {
    result.problems.insert(result.problems.begin(), applied.error().ToString());
    result.result = "failed";
  }
  // What is odd is told; degraded is what keeps an update from being confirmed.
  if (applied && !judged.disagreements.empty()) result.result = "degraded";
  if (result.result != "ok") {
    result.reason = result.problems.front();
    invocation.exit_code = cli::kExitFailed;
  }
  result.details = ToJson(facts, judged);
  clock.Stamp(result);

  for (const std::string& problem : result.problems) {
    invocation.Say(cli::Level::kWarning, problem);
  }
  for (const std::string& done : result.done) {
    if (!invocation.dry_run) invocation.Say(cli::Level::kNotice, done);
  }
  if (!invocation.dry_run && !OnImage(invocation)) {
    BF_TRY(facts::WriteStageResult(invocation.root, result));
  }
  if (invocation.json) {
    invocation.out() << facts::StageResultToJson(result);
  }
  return applied;
}

}  // namespace

cli::Verb ReconcileVerb() {
  return {"reconcile",
          "at boot: judge how this boot came about, and complete what a power cut left",
          {},
          {},
          RunReconcile};
}

}  // namespace bf::boot
