// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/decide.h"

#include <algorithm>

namespace bf::boot::confirm {
namespace {

std::string Why(const ConfirmPolicy& policy, const Seen& seen) {
  const std::int64_t seconds = policy.deadline.value / 1000;
  if (!seen.marker_since) {
    return fmt::format("the kiosk {} healthy within {} s of the start",
                       seen.marker_ever ? "did not stay" : "was not", seconds);
  }
  if (!seen.judged.disagreements.empty()) {
    return fmt::format("the boot was not confirmed within {} s: {}", seconds,
                       seen.judged.disagreements.front());
  }
  if (!seen.last_failure.empty()) {
    return fmt::format("the boot could not be confirmed within {} s: {}", seconds,
                       seen.last_failure);
  }
  return fmt::format("the kiosk did not stay healthy within {} s of the start", seconds);
}

// By the firmware's word alone, where nothing else can be made out: the flag is for one boot, so
// the reboot at the deadline cannot become a loop.
bool OnTrial(const Judgement& judged) {
  if (judged.situation == Situation::kTrial) return true;
  return judged.flagged && (!judged.running || judged.running != judged.committed);
}

std::optional<std::int64_t> Earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  if (!a) return b;
  return b ? std::min(*a, *b) : a;
}

}  // namespace

Step Decide(const ConfirmPolicy& policy, const Seen& seen) {
  const bool trial = OnTrial(seen.judged);
  std::optional<std::int64_t> deadline;
  if (trial) deadline = policy.deadline.value;
  // Whoever is ready in the very moment of the deadline is in time.
  const bool settled = seen.marker_since && seen.now - *seen.marker_since >= policy.settle.value;
  const bool may_retry = !seen.failed_at || seen.now - *seen.failed_at >= policy.retry.value;
  const bool agreed = seen.judged.disagreements.empty();
  if (settled && may_retry && agreed) return {Step::Kind::kMarkGood, {}, {}};
  if (deadline && seen.now >= *deadline) return {Step::Kind::kGiveUp, {}, Why(policy, seen)};

  Step step;
  step.until = deadline;
  if (!seen.marker_since) {
    step.reason = "the kiosk is not healthy yet";
  } else if (!settled) {
    step.reason = "the kiosk became healthy";
    step.until = Earlier(step.until, *seen.marker_since + policy.settle.value);
  } else if (!agreed) {
    // What contradicts itself may be settled by hand; look again.
    step.reason = seen.judged.disagreements.front();
    step.until = Earlier(step.until, seen.now + policy.retry.value);
  } else {
    step.reason = seen.last_failure;
    step.until = Earlier(step.until, *seen.failed_at + policy.retry.value);
  }
  return step;
}

std::string NotConfirmed(const Judgement& judged, bool running_is_good) {
  if (!judged.running) return "it is not known which slot runs";
  if (judged.committed != judged.running) {
    return fmt::format("slot {} runs, but {} is committed", Name(*judged.running),
                       judged.committed ? Name(*judged.committed) : "no slot");
  }
  if (!running_is_good) return fmt::format("slot {} is not marked good", Name(*judged.running));
  return "";
}

}  // namespace bf::boot::confirm
