// SPDX-License-Identifier: Apache-2.0
// Into a trial, and out of it.
#include "boot/linux/linux_reboot.h"
#include "boot/verbs/verbs.h"

namespace bf::boot {
namespace {

const cli::Option kNoReboot = {"--no-reboot", "", "Leave the reboot to the caller.", false};

const cli::Option kReason = {"--reason", "TEXT", "Why the trial is given up, for `status`.", false};

Status MaybeReboot(cli::Invocation& invocation, Reboot reboot) {
  if (invocation.dry_run || invocation.Has("--no-reboot") || OnImage(invocation)) return {};
  return AskForReboot(reboot);
}

Status RunArm(cli::Invocation& invocation) {
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  if (!invocation.dry_run) BF_TRY(machine.Lock());
  const Facts facts = machine.Observe();
  BF_ASSIGN(const Change change, Arm(facts));
  BF_TRY(ApplyOrShow(invocation, machine, facts, change));
  return MaybeReboot(invocation, Reboot::kTrial);
}

Status RunRollBack(cli::Invocation& invocation) {
  BF_ASSIGN(Machine machine, OpenMachine(invocation));
  if (!invocation.dry_run) BF_TRY(machine.Lock());
  const Facts facts = machine.Observe();
  BF_ASSIGN(const RollBackPlan plan, invocation.Has("--reason")
                                         ? RollBack(facts, invocation.Get("--reason"))
                                         : RollBack(facts));
  BF_TRY(ApplyOrShow(invocation, machine, facts, plan.change));
  invocation.out() << plan.what << "\n";
  return MaybeReboot(invocation, plan.reboot);
}

}  // namespace

cli::Verb ArmVerb() {
  return {"arm", "reboot into the trial of the staged slot", {kNoReboot}, {}, RunArm};
}

cli::Verb RollBackVerb() {
  return {"rollback",
          "give the trial up, take a staged update back, or go back to the other good slot",
          {kNoReboot, kReason},
          {},
          RunRollBack};
}

}  // namespace bf::boot
