// SPDX-License-Identifier: Apache-2.0
#include "provision/data/verb.h"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "core/facts/mountinfo.h"
#include "core/facts/stage.h"
#include "core/host/file.h"
#include "core/host/output.h"
#include "core/policy/reader.h"
#include "provision/data/converge.h"
#include "provision/data/judge.h"
#include "provision/data/linux_host.h"
#include "provision/data/linux_probe.h"
#include "provision/data/undo/linux_restore.h"

namespace bf::provision::data {
namespace {

using Json = nlohmann::ordered_json;

Json PlanToJson(const DataPlan& plan) {
  return {{"schema", 1},           {"device", plan.device}, {"degraded", plan.degraded},
          {"reason", plan.reason}, {"notes", plan.notes},   {"steps", plan::ToJson(plan.steps)}};
}

std::string PlanToText(const DataPlan& plan) {
  std::string text;
  if (plan.degraded) text += fmt::format("degraded: {}\n", plan.reason);
  for (const auto& note : plan.notes) text += fmt::format("note: {}\n", note);
  return text + plan::ToText(plan.steps);
}

bool Did(const DataFacts& facts, std::string_view action) {
  return std::any_of(facts.history.begin(), facts.history.end(), [&](const Attempt& attempt) {
    return attempt.action == action && attempt.ok;
  });
}

facts::StageResult Summarise(const Outcome& outcome, const DataPolicy& policy) {
  facts::StageResult result;
  result.stage = "data";
  result.result = outcome.last.degraded || !outcome.settled ? "degraded" : "ok";
  result.reason = outcome.last.reason;
  if (!outcome.settled)
    result.reason = "BF_DATA does not come to rest: steps succeed and change nothing";
  result.done = outcome.done;
  result.problems = outcome.failed;
  result.problems.insert(result.problems.end(), outcome.last.notes.begin(),
                         outcome.last.notes.end());
  const DataFacts& facts = outcome.facts;
  Json& details = result.details;
  if (facts.disk) {
    details["disk"] = facts.disk->device;
    details["disk_size"] = facts.disk->size;
    Json partitions = Json::array();
    for (const auto& p : facts.disk->partitions) {
      partitions.push_back({{"device", p.device}, {"name", p.name}, {"size", p.size}});
    }
    details["partitions"] = std::move(partitions);
  }
  const Target target = FindTarget(facts);
  if (target.partition != nullptr) {
    details["device"] = target.partition->device;
    details["size"] = target.partition->size;
  }
  details["mount_point"] = policy.mount_point.value;
  if (facts.mount) {
    details["fs_type"] = facts.mount->fs_type;
    details["options"] = facts.mount->options;
    details["super_options"] = facts.mount->super_options;
  }
  if (facts.content && facts.content->primary) {
    details["uuid"] = facts.content->primary->uuid.ToString();
    details["fs_size"] = facts.content->primary->SizeBytes();
  }
  details["formatted"] = Did(facts, MakeFilesystem::kName);
  details["grown"] = Did(facts, GrowFilesystem::kName) || Did(facts, ResizePartition::kName);
  details["repaired"] = Did(facts, SaveUndo::kName);
  return result;
}

Status RunPlanOnly(cli::Invocation& call, const DataPolicy& policy, const DataFacts& facts) {
  const DataPlan plan = PlanData(policy, facts);
  if (call.json) {
    call.out() << PlanToJson(plan).dump(2, ' ', false,
                                        nlohmann::ordered_json::error_handler_t::replace)
               << "\n";
  } else {
    call.out() << PlanToText(plan);
  }
  if (call.Has("--check") && (plan.degraded || !plan.steps.empty())) {
    call.exit_code = cli::kExitDrift;
  }
  return {};
}

void SayOutcome(cli::Invocation& call, const facts::StageResult& result) {
  for (const auto& problem : result.problems) call.Say(cli::Level::kWarning, problem);
  if (result.result != "ok") {
    call.Say(cli::Level::kError, "degraded: " + result.reason);
    call.exit_code = cli::kExitFailed;
  }
  if (call.json) {
    call.out() << facts::StageResultToJson(result);
  } else if (result.result == "ok") {
    call.out() << fmt::format("BF_DATA: /dev/{} ({}) on {}\n", result.details.value("device", ""),
                              policy::FormatSize(result.details.value("size", std::uint64_t{0})),
                              result.details.value("mount_point", ""));
  }
}

// A second run at the same boot must not hide what the first one did.
void Remember(cli::Invocation& call, const Outcome& outcome, const facts::StageResult& result) {
  facts::StageResult report = result;
  const auto earlier = facts::ReadStageResult(call.root, "data");
  if (outcome.done.empty() && outcome.failed.empty() && earlier && *earlier) {
    report = **earlier;
    report.result = result.result;
    report.reason = result.reason;
    for (const auto& problem : result.problems) {
      if (std::find(report.problems.begin(), report.problems.end(), problem) ==
          report.problems.end()) {
        report.problems.push_back(problem);
      }
    }
    if (report == **earlier) return;
  }
  if (auto written = facts::WriteStageResult(call.root, report); !written) {
    call.Say(cli::Level::kWarning, written.error().ToString());
  }
}

Status RunApply(cli::Invocation& call, const DataPolicy& policy, const facts::StageClock& clock) {
  LinuxProbe probe(call.root, policy.mount_point.value);
  LinuxHost host(call.root);
  const Outcome outcome = Converge(policy, probe, host, [&](const Action& action) {
    call.Say(cli::Level::kNotice, plan::Describe(action));
  });
  facts::StageResult result = Summarise(outcome, policy);
  clock.Stamp(result);
  Remember(call, outcome, result);
  SayOutcome(call, result);
  return {};
}

// Brings back what a repair changed. For people, on the word of docs/operations.md.
Status RunUndo(cli::Invocation& call, const DataPolicy& policy) {
  const std::string log = call.Get("--undo");
  BF_ASSIGN(const std::uint64_t count, undo::CountRecords(log));
  if (call.Has("--onto")) {
    const std::string copy = call.Get("--onto");
    BF_TRY(undo::RestoreOnto(log, copy));
    call.out() << fmt::format("{}: {} blocks are as they were before the repair\n", copy, count);
    return {};
  }
  const DataFacts facts = LinuxProbe(call.root, policy.mount_point.value).Observe();
  const Target target = FindTarget(facts);
  if (!target.problem.empty()) return Fail("{}", target.problem);
  BF_TRY(undo::Restore(log, call.root, target.partition->device));
  call.out() << fmt::format("/dev/{}: {} blocks are as they were before the repair\n",
                            target.partition->device, count);
  return {};
}

// Nobody knows what BF_DATA is to be, so it is not touched; the boot goes on with a tmpfs of the
// default size where the default mount point is.
void StandIn(cli::Invocation& call, const facts::StageClock& clock, const Error& error) {
  facts::StageResult result;
  result.stage = "data";
  result.result = "failed";
  result.reason = error.ToString();
  const DataPolicy defaults = layout::DefaultData();
  const MountDegraded step{defaults.mount_point.value, defaults.degraded_size.value,
                           static_cast<std::uint64_t>(defaults.degraded_inodes.value)};
  const auto mounts = facts::ReadMountInfo(call.root);
  if (mounts && facts::FindMount(*mounts, step.target) == nullptr) {
    if (auto mounted = LinuxHost(call.root).Do(step); mounted) {
      result.done.push_back(step.Describe());
    } else {
      result.problems.push_back(mounted.error().ToString());
    }
  }
  clock.Stamp(result);
  if (auto written = facts::WriteStageResult(call.root, result); !written) {
    call.Say(cli::Level::kWarning, written.error().ToString());
  }
}

Status Run(cli::Invocation& call) {
  const facts::StageClock clock;
  const bool look_only = call.dry_run || call.Has("--check");
  const bool apply = !look_only && !call.Has("--undo") && !call.Has("--onto") &&
                     !call.Has("--facts") && !call.Has("--record");
  const auto layout = layout::LoadLayout(call.policy_dir);
  if (!layout && apply) StandIn(call, clock, layout.error());
  if (!layout) return Failure(layout.error());
  const DataPolicy& policy = layout->data;
  if (call.Has("--undo")) {
    if (look_only) return FailKind(ErrorKind::kUsage, "--undo is not for looking only");
    return RunUndo(call, policy);
  }
  if (call.Has("--onto")) return FailKind(ErrorKind::kUsage, "--onto goes with --undo FILE");
  if (call.Has("--facts")) {
    if (!look_only) {
      return FailKind(ErrorKind::kUsage,
                      "--facts needs --dry-run or --check: a recorded machine "
                      "cannot be changed");
    }
    const std::string path = call.Get("--facts");
    auto text = host::ReadFile(path);
    if (!text && text.error().sys_errno == ENOENT) {
      return FailErrno(ENOENT, "{}: no such recording; `--record FILE` makes one", path);
    }
    if (!text) return Failure(std::move(text).error());
    auto facts = ParseFacts(*text);
    if (!facts) return Failure(std::move(facts).error().Context(path));
    return RunPlanOnly(call, policy, *facts);
  }
  if (call.Has("--record") || look_only) {
    const DataFacts facts = LinuxProbe(call.root, policy.mount_point.value).Observe();
    if (call.Has("--record")) {
      BF_TRY(host::WriteOutput(
          call.Get("--record"),
          FactsToJson(facts).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
              "\n",
          0600));
      if (!look_only) return {};
    }
    return RunPlanOnly(call, policy, facts);
  }
  return RunApply(call, policy, clock);
}

}  // namespace

cli::Verb DataVerb() {
  cli::Verb verb;
  verb.name = "data";
  verb.summary = "find, format, check, repair, grow and mount BF_DATA";
  verb.options = {
      {"--check", "", "Change nothing; exit with 3 if something would have to be done.", false},
      {"--facts", "FILE", "Plan from recorded facts; with --dry-run or --check.", false},
      {"--record", "FILE", "Write what is observed to FILE as JSON, and change nothing.", false},
      {"--undo", "FILE", "Put back what a repair changed, from its log; BF_DATA must be unmounted.",
       false},
      {"--onto", "PATH", "With --undo: onto this copy of the partition, a file or a block device.",
       false},
  };
  verb.run = Run;
  return verb;
}

}  // namespace bf::provision::data
