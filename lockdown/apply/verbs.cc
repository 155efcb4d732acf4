// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/verbs.h"

#include <nlohmann/json.hpp>

#include "lockdown/apply/ask.h"
#include "lockdown/apply/linux_kernel.h"
#include "lockdown/apply/report.h"
#include "lockdown/device/record.h"
#include "lockdown/stored/encode.h"

namespace bf::lockdown {
namespace {

Situation SituationOf(cli::Invocation& invocation, const Policy* policy) {
  return SituationAt(invocation.root, policy, [&](const std::string& problem) {
    invocation.Say(cli::Level::kWarning, problem);
  });
}

cli::Level LevelOf(Severity severity) {
  return severity == Severity::kFailed     ? cli::Level::kError
         : severity == Severity::kDegraded ? cli::Level::kWarning
                                           : cli::Level::kNotice;
}

void MarkInUse(std::vector<device::Device>& devices) {
  for (device::Device& device : devices) device.in_use = IsInUse(device);
}

// Whoever is about to shut out the panel in front of them is told so before.
void WarnOfLockOuts(cli::Invocation& invocation, const std::vector<LockOut>& found) {
  for (const LockOut& one : found)
    invocation.Say(cli::Level::kWarning, "would lock out a device in use: " + ToString(one));
  if (!found.empty())
    invocation.Say(cli::Level::kWarning,
                   "`bf-lockdown devices --allow` prints an entry that lets it in");
}

Status DryRun(cli::Invocation& invocation, const Policy& policy) {
  LinuxSysfs sysfs(invocation.root);
  BF_ASSIGN(Facts facts, Observe(sysfs));
  MarkInUse(facts.devices);
  const Situation situation = SituationOf(invocation, &policy);
  const Plan plan = MakePlan(&policy, situation, facts);
  const auto lock_outs = FindLockOuts(policy, situation, facts.devices);
  WarnOfLockOuts(invocation, lock_outs);
  if (invocation.json)
    invocation.out() << device::ToText(
        {{"schema", 1}, {"steps", plan::ToJson(plan)}, {"lock_outs", LockOutsToJson(lock_outs)}});
  else
    invocation.out() << plan::ToText(plan);
  return {};
}

// For decide to judge by the same one.
Result<Policy> LoadPolicyAsCompiled(const cli::Invocation& invocation) {
  BF_ASSIGN(Policy policy, LoadPolicy(invocation.policy_dir));
  BF_TRY(stored::MatchesWhatIsStored(invocation.root, policy));
  return policy;
}

Status RunApply(cli::Invocation& invocation) {
  const facts::StageClock clock;
  if (invocation.dry_run) {
    BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
    return DryRun(invocation, policy);
  }
  const auto policy = LoadPolicyAsCompiled(invocation);
  // Without a policy there is still something to do: everything is shut.
  LinuxKernel kernel(invocation.root);
  const Situation situation = SituationOf(invocation, policy ? &*policy : nullptr);
  Applied applied = Apply(policy ? &*policy : nullptr, situation, kernel);
  if (!policy)
    applied.problems.insert(
        applied.problems.begin(),
        {Severity::kFailed, "there is no policy to go by, so all input stays shut"});
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

// What bf-lockdown-decide does for udev, and a dry run of it; but by input.toml itself.
Status RunDecide(cli::Invocation& invocation) {
  const Question question{invocation.root, invocation.positionals[0], invocation.positionals[1],
                          invocation.dry_run};
  const auto open = [&]() -> Result<std::unique_ptr<PolicySource>> {
    BF_ASSIGN(Policy policy, LoadPolicy(invocation.policy_dir));
    return std::make_unique<WholePolicy>(std::move(policy));
  };
  BF_ASSIGN(const Reply reply, Ask(question, open, [&](const std::string& problem) {
              invocation.Say(cli::Level::kWarning, problem);
            }));
  for (const std::string& line : reply.audit) invocation.streams.err << line << "\n";
  invocation.out() << reply.line << "\n";
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
  MarkInUse(facts.devices);
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
