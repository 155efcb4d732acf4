// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/verbs.h"

#include <nlohmann/json.hpp>

#include "core/facts/block.h"
#include "lockdown/apply/linux_audit.h"
#include "lockdown/apply/linux_kernel.h"
#include "lockdown/apply/linux_limits.h"
#include "lockdown/apply/report.h"
#include "lockdown/device/record.h"
#include "lockdown/maintenance/linux_maintenance.h"

namespace bf::lockdown {
namespace {

// "" where the root is on no disk that can be found.
std::string RootDiskPath(const std::string& root) {
  const auto disk = facts::ReadRootDisk(root);
  if (!disk || !*disk) return "";
  const std::string link = LinuxSysfs(root).Link("/block", (*disk)->device).value_or("");
  return link.starts_with("../devices/") ? link.substr(2) : "";
}

// A window that cannot be read is a closed one; so it is without a policy.
Situation SituationOf(cli::Invocation& invocation, const Policy* policy) {
  Situation situation;
  if (policy != nullptr) {
    if (auto read = ReadSituation(invocation.root, *policy); read)
      situation = *std::move(read);
    else
      invocation.Say(cli::Level::kWarning, read.error().ToString());
  }
  situation.root_disk = RootDiskPath(invocation.root);
  return situation;
}

cli::Level LevelOf(Severity severity) {
  return severity == Severity::kFailed     ? cli::Level::kError
         : severity == Severity::kDegraded ? cli::Level::kWarning
                                           : cli::Level::kNotice;
}

Status DryRun(cli::Invocation& invocation, const Policy& policy) {
  LinuxSysfs sysfs(invocation.root);
  BF_ASSIGN(const Facts facts, Observe(sysfs));
  const Plan plan = MakePlan(&policy, SituationOf(invocation, &policy), facts);
  if (invocation.json)
    invocation.out() << device::ToText({{"schema", 1}, {"steps", plan::ToJson(plan)}});
  else
    invocation.out() << plan::ToText(plan);
  return {};
}

Status RunApply(cli::Invocation& invocation) {
  const facts::StageClock clock;
  const auto policy = LoadPolicy(invocation.policy_dir);
  if (invocation.dry_run) {
    if (!policy) return Failure(policy.error());
    return DryRun(invocation, *policy);
  }
  // Without a policy there is still something to do: everything is shut.
  LinuxKernel kernel(invocation.root);
  const Situation situation = SituationOf(invocation, policy ? &*policy : nullptr);
  Applied applied = Apply(policy ? &*policy : nullptr, situation, kernel);
  if (!policy)
    applied.problems.insert(applied.problems.begin(),
                            {Severity::kFailed, "no policy can be read, so all input stays shut"});
  facts::StageResult stage = StageOf(
      applied, policy ? JudgeFacts(*policy, situation, applied.after) : std::vector<Decision>());
  if (!policy) stage.problems.push_back(policy.error().ToString());
  clock.Stamp(stage);
  for (const auto& problem : applied.problems)
    invocation.Say(LevelOf(problem.severity), problem.text);
  if (invocation.json) {
    invocation.out() << facts::StageResultToJson(stage);
  } else {
    for (const auto& done : applied.done) invocation.out() << done << "\n";
    if (applied.done.empty()) invocation.out() << "nothing to do\n";
  }
  BF_TRY(facts::WriteStageResult(invocation.root, stage));
  if (!policy) return Failure(policy.error());
  if (stage.result != "ok") invocation.exit_code = cli::kExitFailed;
  return {};
}

Result<Gate> ParseGate(const std::string& text) {
  for (const Gate gate : {Gate::kUsb, Gate::kHid, Gate::kInput}) {
    if (text == ToString(gate)) return gate;
  }
  return FailKind(ErrorKind::kUsage, "a gate is usb, hid or input");
}

// udev tells in the environment what else it knows; the path alone is enough.
Status RunDecide(cli::Invocation& invocation) {
  BF_ASSIGN(const Gate gate, ParseGate(invocation.positionals[0]));
  const std::string& devpath = invocation.positionals[1];
  // The process is ours alone only on the machine itself.
  if (invocation.root == "/") BF_TRY(LimitOurselves({}));
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  const Situation situation = SituationOf(invocation, &policy);
  Result<Answer> answer;
  if (invocation.dry_run) {
    LinuxSysfs sysfs(invocation.root);
    answer = Decide(policy, situation, sysfs, nullptr, gate, devpath);
  } else {
    LinuxKernel kernel(invocation.root);
    answer = Decide(policy, situation, kernel, &kernel, gate, devpath);
  }
  const bool live = invocation.root == "/" && !invocation.dry_run;
  if (!answer) {
    if (live) Audit(fmt::format("deny {}: {}", devpath, answer.error().ToString()), true);
    return Failure(std::move(answer).error());
  }
  for (const Decision& decision : answer->decisions) {
    const std::string line = AuditLine(decision, answer->ids, devpath);
    if (live && answer->audit) Audit(line, !decision.allowed());
    invocation.streams.err << line << "\n";
  }
  invocation.out() << answer->line << "\n";
  return {};
}

Status RunDevices(cli::Invocation& invocation) {
  BF_ASSIGN(const auto devices,
            PresentDevices(invocation.root, invocation.positionals.empty()
                                                ? std::string()
                                                : invocation.positionals.front()));
  if (invocation.Has("--allow")) {
    invocation.out() << EntriesFor(devices);
    return {};
  }
  auto policy = LoadPolicy(invocation.policy_dir);
  // A bench unit may have none yet; then nothing is allowed.
  if (!policy) {
    if (policy.error().kind == ErrorKind::kPolicy) return Failure(std::move(policy).error());
    invocation.Say(cli::Level::kNotice, policy.error().ToString());
    policy = Policy();
  }
  const Situation situation = SituationOf(invocation, &*policy);
  invocation.out() << (invocation.json ? device::ToText(DevicesToJson(*policy, situation, devices))
                                       : DevicesToText(*policy, situation, devices));
  return {};
}

}  // namespace

Result<std::vector<device::Device>> PresentDevices(const std::string& root,
                                                   const std::string& name) {
  LinuxSysfs sysfs(root);
  BF_ASSIGN(Facts facts, Observe(sysfs));
  if (name.empty()) return std::move(facts.devices);
  std::erase_if(facts.devices, [&](const device::Device& device) {
    const std::string& own = device.usb            ? device.usb->name
                             : !device.hid.empty() ? device.hid.front().name
                                                   : device.input.front().name;
    return own != name;
  });
  if (facts.devices.empty()) return Fail("there is no device {}", name);
  return std::move(facts.devices);
}

cli::Verb ApplyVerb() {
  return {"apply",
          "shut the gates, and let in what input.toml allows of what is there",
          {},
          {},
          RunApply};
}

cli::Verb DecideVerb() {
  return {"decide",
          "judge one device for udev, and let it in if it is allowed",
          {},
          {"GATE", "DEVPATH"},
          RunDecide};
}

cli::Verb DevicesVerb() {
  return {"devices",
          "show what is plugged in, what becomes of it and why, and entries to allow it",
          {{"--allow", "", "print only the [[allow]] entries, ready to paste"}},
          {"[DEVICE]"},
          RunDevices};
}

}  // namespace bf::lockdown
