// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/decide.h"
#include "boot/confirm/linux_marker.h"
#include "boot/confirm/rauc.h"
#include "boot/linux/linux_reboot.h"
#include "boot/verbs/verbs.h"
#include "core/facts/stage.h"
#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::boot {
namespace {

using confirm::Step;

// Not OpenMachine(): this waits for minutes, and its deadline is the policy's.
Result<Machine> Open(const cli::Invocation& invocation) {
  return Machine::Open({invocation.root, invocation.policy_dir, {}, {}});
}

Result<Facts> Observe(const cli::Invocation& invocation) {
  BF_ASSIGN(Machine machine, Open(invocation));
  return machine.Observe();
}

// Nothing may keep the reboot back: no lock that somebody holds, no card that hangs, no selector
// that cannot be written. So the record is another process's matter, and for so long only; whatever
// became of it, the flag is used up, and an ordinary reboot starts the old slot.
Status GiveUpTrial(cli::Invocation& invocation, const std::string& reason) {
  invocation.Say(cli::Level::kError, "the trial is given up: " + reason);
  host::Command rollback;
  rollback.argv = {"/proc/self/exe", "--policy", invocation.policy_dir, "rollback", "--no-reboot",
                   "--reason",       reason};
  rollback.timeout = std::chrono::seconds(30);
  if (const auto kept = host::RunOk(rollback); !kept) {
    invocation.Say(cli::Level::kError, "keep the reason: " + kept.error().ToString());
  }
  return InsistOnReboot();
}

// Through RAUC, which keeps books of its own; then what it said is not believed but looked at.
Status MarkGood(const cli::Invocation& invocation) {
  BF_TRY(confirm::RaucMarkGood());
  BF_ASSIGN(const Facts facts, Observe(invocation));
  const Judgement judged = Judge(facts);
  const bool good = judged.running && IsGood(facts, *judged.running);
  const std::string problem = confirm::NotConfirmed(judged, good);
  if (!problem.empty()) return Fail("rauc reported success, but {}", problem);
  BF_TRY(confirm::RaucAgrees(Name(*judged.running)));
  const std::string path = host::Under(invocation.root, facts::kStageDirectory) + "/" +
                           std::string(confirm::kConfirmedName);
  return host::ReplaceFile(
      path, fmt::format("{} {}\n", Name(*judged.running), facts.root_revision.value_or("-")), 0644);
}

Result<confirm::ConfirmPolicy> LoadPolicy(cli::Invocation& invocation) {
  auto policy = confirm::LoadConfirmPolicy(invocation.policy_dir);
  if (policy || invocation.dry_run) return policy;
  invocation.Say(cli::Level::kError,
                 policy.error().ToString() + "; the shipped deadlines stand in");
  return confirm::DefaultConfirmPolicy();
}

Status RunConfirm(cli::Invocation& invocation) {
  BF_ASSIGN(const confirm::ConfirmPolicy policy, LoadPolicy(invocation));
  BF_ASSIGN(confirm::MarkerWatch marker, confirm::MarkerWatch::Open(invocation.root));
  confirm::Seen seen;
  std::string said;
  for (;;) {
    BF_ASSIGN(const Facts facts, Observe(invocation));
    seen.judged = Judge(facts);
    seen.marker_since = marker.Since();
    seen.marker_ever = marker.Ever();
    seen.now = confirm::Uptime();
    const Step step = confirm::Decide(policy, seen);
    if (invocation.dry_run) {
      invocation.out() << (step.kind == Step::Kind::kMarkGood ? "would confirm\n"
                                                              : step.reason + "\n");
      return {};
    }
    switch (step.kind) {
      case Step::Kind::kWait:
        if (step.reason != said) invocation.Say(cli::Level::kNotice, "waiting: " + step.reason);
        said = step.reason;
        BF_TRY(marker.Wait(step.until));
        break;
      case Step::Kind::kGiveUp:
        BF_TRY(GiveUpTrial(invocation, step.reason));
        return Fail("{}", step.reason);
      case Step::Kind::kMarkGood: {
        const auto done = MarkGood(invocation);
        if (done) {
          invocation.Say(cli::Level::kNotice, "the running slot is confirmed");
          return {};
        }
        seen.last_failure = done.error().ToString();
        seen.failed_at = confirm::Uptime();
        break;
      }
    }
  }
}

}  // namespace

cli::Verb ConfirmVerb() {
  return {
      "confirm",
      "wait for a healthy kiosk, then confirm the running slot; give a trial up at its deadline",
      {},
      {},
      RunConfirm};
}

}  // namespace bf::boot
