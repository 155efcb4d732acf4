// SPDX-License-Identifier: Apache-2.0
// From facts and record to what they mean. Pure; every verb, `status`, `reconcile` and `confirm`
// go by this one judgement.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boot/model/facts.h"

namespace bf::boot {

enum class Situation {
  kUnknown,   // it cannot be said which slot runs, or which one is committed
  kNormal,    // the committed slot runs
  kTrial,     // the slot of [tryboot] runs, because the one-shot flag was set
  kFallback,  // another slot than the committed one runs, and it is no trial: the firmware walked
};
std::string_view Name(Situation situation);

// Trials of one update before it is given up without a verdict (power cuts, reboots by hand).
inline constexpr std::uint32_t kMaxAttempts = 3;

struct Judgement {
  Situation situation = Situation::kUnknown;
  bool flagged = false;  // the firmware's one-shot flag brought this boot about
  std::optional<Slot> running;
  std::optional<Slot> committed;  // whom [all] names
  std::optional<Slot> pending;    // whom [tryboot] names, if that is another one
  std::optional<Slot> next;       // what an ordinary reboot or power-on starts
  std::optional<Slot> primary;    // what RAUC is to hear: the slot an update ends up in

  State state = State::kCommitted;  // of the record, corrected by what is seen
  std::optional<Slot> target;       // of `state`
  std::uint32_t attempts = 0;
  std::string reason;  // why the last trial ended without a confirmation; empty if it did not

  // Facts that contradict each other. Any of them blocks the confirmation of a trial.
  std::vector<std::string> disagreements;
  // What else is wrong or odd, one line each.
  std::vector<std::string> problems;

  // What the record should be now, and autoboot.txt (committed and trial slot); nullopt: as it
  // is. `reconcile` carries both out, the record first.
  std::optional<Record> new_record;
  std::optional<std::pair<Slot, Slot>> new_selection;
};

Judgement Judge(const Facts& facts);

}  // namespace bf::boot
