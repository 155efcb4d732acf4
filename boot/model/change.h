// SPDX-License-Identifier: Apache-2.0
// What each verb changes, as a pure function of the facts: at most one sector of autoboot.txt and
// one block of the record, in an order in which a power cut between the two, or within either,
// leaves something that the next `reconcile` completes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "boot/model/judge.h"

namespace bf::boot {

struct Change {
  std::optional<std::pair<Slot, Slot>> selection;  // [all] and [tryboot]
  std::optional<Record> record;
  bool record_first = false;

  bool empty() const { return !selection && !record; }
};

enum class Reboot { kNone, kOrdinary, kTrial };

// Stages a trial of `slot`; never moves [all]. For the committed slot: takes a staged trial back.
Result<Change> SetPrimary(const Facts& facts, Slot slot);
// Moves [all] to the running slot if that is on trial, or runs because the committed one did not
// start. The only change that ever moves [all].
Result<Change> SetGood(const Facts& facts, Slot slot);
// Remembers it, and sees to it that nothing starts the slot any more. Never moves [all]: refused
// for a committed slot that is not the running one, because what runs is not confirmed yet.
Result<Change> SetBad(const Facts& facts, Slot slot);
// Completes what a power cut left, and judges a trial that ended.
Change Reconcile(const Facts& facts);
// Counts the trial that the caller is about to reboot into.
Result<Change> Arm(const Facts& facts);
// Gives the running trial up, for `reason`. An ordinary reboot then starts the committed slot.
Result<Change> GiveUp(const Facts& facts, std::string_view reason);

struct RollBackPlan {
  Change change;
  Reboot reboot = Reboot::kNone;
  std::string what;  // for people
};
// Out of a trial; or a staged update taken back; or back to the other, once confirmed slot, itself
// as a trial.
// `reason` is kept of a trial.
Result<RollBackPlan> RollBack(const Facts& facts,
                              std::string_view reason = "rolled back by hand during the trial");

// What RAUC is told.
Result<Slot> Current(const Facts& facts);
Result<Slot> Primary(const Facts& facts);
bool IsGood(const Facts& facts, Slot slot);

}  // namespace bf::boot
