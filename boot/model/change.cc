// SPDX-License-Identifier: Apache-2.0
#include "boot/model/change.h"

namespace bf::boot {
namespace {

// The record as it is or, where a boot was not reconciled yet, as it should be.
Record Base(const Facts& facts, const Judgement& judged) {
  if (judged.new_record) return *judged.new_record;
  return facts.record.record.value_or(Record{});
}

Change Make(const Facts& facts, Record record, State state) {
  Change change;
  record.state = state;
  record.boot_id = facts.boot_id;
  if (record.reason.size() > kMaxReason) record.reason.resize(kMaxReason);
  change.record = std::move(record);
  return change;
}

// Only what differs is written.
Change Needed(const Facts& facts, const Judgement& judged, Change change) {
  if (change.record && facts.record.record == change.record) change.record.reset();
  if (change.selection && change.selection->first == judged.committed &&
      change.selection->second == judged.pending.value_or(change.selection->first) &&
      facts.selector.autoboot && facts.selector.autoboot->oddities.empty()) {
    change.selection.reset();
  }
  return change;
}

Failure Refuse(std::string message) {
  return FailKind(ErrorKind::kRefused, "{}", std::move(message));
}

std::string Joined(const std::vector<std::string>& lines) {
  return fmt::format("{}", fmt::join(lines, "; "));
}

Status CheckCommitted(const Facts& facts, const Judgement& judged) {
  if (judged.committed) return {};
  return Refuse(facts.selector.autoboot ? "autoboot.txt commits to no slot"
                                        : "autoboot.txt cannot be read: " + facts.selector.problem);
}

Status CheckWritable(const Facts& facts) {
  if (facts.selector.writable) return {};
  return Refuse("autoboot.txt cannot be changed: " + facts.selector.problem);
}

Status CheckRecord(const Facts& facts) {
  if (facts.record_writable) return {};
  return Refuse("the record cannot be kept: " + facts.record_storage_problem);
}

// A staged update is taken back. autoboot.txt first: without it nothing starts the slot.
Change TakeBack(const Facts& facts, const Judgement& judged) {
  Record record = Base(facts, judged);
  const bool under_way = record.state == State::kStaged || record.state == State::kArmed;
  if (under_way) {
    record.attempts = 0;
    record.reason.clear();
  }
  Change change = Make(facts, record, under_way ? State::kCommitted : record.state);
  change.selection = std::pair(*judged.committed, *judged.committed);
  return change;
}

}  // namespace

Result<Change> SetPrimary(const Facts& facts, Slot slot) {
  const Judgement judged = Judge(facts);
  BF_TRY(CheckCommitted(facts, judged));
  const Record base = Base(facts, judged);
  if (slot == judged.committed) {
    if (judged.situation == Situation::kTrial) {
      return GiveUp(facts, fmt::format("slot {} was made primary during the trial", Name(slot)));
    }
    if (!judged.pending && judged.situation == Situation::kNormal) return Change{};
    BF_TRY(CheckWritable(facts));
    return Needed(facts, judged, TakeBack(facts, judged));
  }
  if (judged.situation == Situation::kTrial) return Change{};  // the running trial
  const bool staged =
      base.target == slot && (base.state == State::kStaged || base.state == State::kArmed);
  if (staged && judged.pending == slot && facts.record.record == base) return Change{};
  if (!facts.Of(slot).boot) {
    return Refuse(fmt::format("the disk has no boot partition of slot {}", Name(slot)));
  }
  BF_TRY(CheckWritable(facts));
  // Without a record nobody would count the trials of an update that cannot start.
  BF_TRY(CheckRecord(facts));
  Record record = base;
  record.target = slot;
  record.attempts = 0;
  record.reason.clear();
  record.MarkOf(slot) = Mark::kUnknown;
  Change change = Make(facts, record, State::kStaged);
  change.selection = std::pair(*judged.committed, slot);
  return Needed(facts, judged, change);
}

Result<Change> SetGood(const Facts& facts, Slot slot) {
  const Judgement judged = Judge(facts);
  if (slot != judged.running) {
    return Refuse(fmt::format("slot {} does not run, and only what runs can be good (running: {})",
                              Name(slot), judged.running ? Name(*judged.running) : "unknown"));
  }
  Record record = Base(facts, judged);
  record.MarkOf(slot) = Mark::kGood;
  if (judged.situation == Situation::kNormal) {
    // Nothing moves; and a device that cannot keep a record is not bad for that.
    if (!facts.record_writable) return Change{};
    Change change;
    change.record = record;
    return Needed(facts, judged, change);
  }
  if (!judged.disagreements.empty()) {
    return Refuse(
        fmt::format("slot {} is not confirmed: {}", Name(slot), Joined(judged.disagreements)));
  }
  BF_TRY(CheckCommitted(facts, judged));
  BF_TRY(CheckWritable(facts));
  BF_TRY(CheckRecord(facts));
  if (judged.situation == Situation::kFallback) record.MarkOf(*judged.committed) = Mark::kBad;
  record.target = slot;
  record.reason.clear();
  Change change = Make(facts, record, State::kConfirmed);
  change.selection = std::pair(slot, slot);
  return Needed(facts, judged, change);
}

Result<Change> SetBad(const Facts& facts, Slot slot) {
  const Judgement judged = Judge(facts);
  BF_TRY(CheckCommitted(facts, judged));
  if (slot == judged.committed && slot != judged.running) {
    return Refuse(
        fmt::format("slot {} is the committed one, and slot {}, which runs, is not confirmed",
                    Name(slot), judged.running ? Name(*judged.running) : "?"));
  }
  if (slot == judged.pending && slot == judged.running) {
    const std::string& said = Base(facts, judged).reason;
    return GiveUp(facts, said.empty() ? "it was marked bad while it ran" : said);
  }
  BF_TRY(CheckRecord(facts));
  Change change;
  if (slot == judged.pending) {
    BF_TRY(CheckWritable(facts));
    change = TakeBack(facts, judged);
  } else {
    change.record = Base(facts, judged);
  }
  change.record->MarkOf(slot) = Mark::kBad;
  return Needed(facts, judged, change);
}

Change Reconcile(const Facts& facts) {
  const Judgement judged = Judge(facts);
  Change change;
  change.record_first = true;
  if (facts.record_writable) change.record = judged.new_record;
  // A trial that is given up with nowhere to write that down is still given up.
  if (facts.selector.writable) change.selection = judged.new_selection;
  return Needed(facts, judged, change);
}

Result<Change> Arm(const Facts& facts) {
  const Judgement judged = Judge(facts);
  BF_TRY(CheckCommitted(facts, judged));
  if (judged.situation == Situation::kTrial) {
    return Refuse(fmt::format("slot {} is on trial already", Name(*judged.running)));
  }
  const Record base = Base(facts, judged);
  const bool staged = base.state == State::kStaged || base.state == State::kArmed;
  if (!judged.pending || !staged || base.target != judged.pending) {
    return Refuse("nothing is staged");
  }
  BF_TRY(CheckRecord(facts));
  if (base.state == State::kArmed) return Change{};  // of this boot: not a further attempt
  if (base.attempts >= kMaxAttempts) {
    return Refuse(fmt::format("slot {} was tried {} times", Name(base.target), base.attempts));
  }
  Record record = base;
  ++record.attempts;
  return Make(facts, record, State::kArmed);
}

Result<Change> GiveUp(const Facts& facts, std::string_view reason) {
  const Judgement judged = Judge(facts);
  BF_TRY(CheckCommitted(facts, judged));
  if (judged.situation != Situation::kTrial) return Refuse("no slot is on trial");
  BF_TRY(CheckWritable(facts));
  Record record = Base(facts, judged);
  record.target = *judged.running;
  record.MarkOf(*judged.running) = Mark::kBad;
  record.reason = std::string(reason);
  Change change = Make(facts, record, State::kRolledBack);
  if (!facts.record_writable) change.record.reset();
  change.selection = std::pair(*judged.committed, *judged.committed);
  // The reason first; a cut after it leaves `reconcile` to clear [tryboot].
  change.record_first = true;
  return Needed(facts, judged, change);
}

Result<RollBackPlan> RollBack(const Facts& facts, std::string_view reason) {
  const Judgement judged = Judge(facts);
  BF_TRY(CheckCommitted(facts, judged));
  RollBackPlan plan;
  if (judged.situation == Situation::kTrial) {
    BF_ASSIGN(plan.change, GiveUp(facts, reason));
    plan.reboot = Reboot::kOrdinary;
    plan.what = fmt::format("the trial of slot {} is given up; slot {} starts next",
                            Name(*judged.running), Name(*judged.committed));
    return plan;
  }
  if (judged.pending) {
    BF_ASSIGN(plan.change, SetPrimary(facts, *judged.committed));
    plan.what = fmt::format("the staged update in slot {} is taken back", Name(*judged.pending));
    return plan;
  }
  if (judged.situation != Situation::kNormal) {
    return Refuse(fmt::format("there is nothing to go back to while the situation is \"{}\"",
                              Name(judged.situation)));
  }
  const Slot other = Other(*judged.committed);
  if (Base(facts, judged).MarkOf(other) != Mark::kGood) {
    return Refuse(
        fmt::format("slot {} was never confirmed, or is bad: nothing to go back to", Name(other)));
  }
  BF_ASSIGN(plan.change, SetPrimary(facts, other));
  // It was confirmed once; it stays good unless its trial says otherwise.
  plan.change.record->MarkOf(other) = Mark::kGood;
  plan.change.record->state = State::kArmed;
  plan.change.record->attempts = 1;
  plan.reboot = Reboot::kTrial;
  plan.what = fmt::format("slot {} is started on trial", Name(other));
  return plan;
}

Result<Slot> Current(const Facts& facts) {
  const Judgement judged = Judge(facts);
  if (!judged.running)
    return Fail("it is not known which slot runs: {}", Joined(judged.disagreements));
  const auto& partition = facts.firmware.partition;
  const auto started = partition ? facts.SlotOfBoot(*partition) : std::nullopt;
  // No answer is better than a wrong one: RAUC writes to the slot that is not the current one.
  if (partition && started != judged.running) {
    return Fail("the root is slot {}'s, but the firmware started partition {}",
                Name(*judged.running), *partition);
  }
  return *judged.running;
}

Result<Slot> Primary(const Facts& facts) {
  const Judgement judged = Judge(facts);
  BF_TRY(CheckCommitted(facts, judged));
  return *judged.primary;
}

bool IsGood(const Facts& facts, Slot slot) {
  const Judgement judged = Judge(facts);
  const Mark mark = Base(facts, judged).MarkOf(slot);
  // Without a word on it, the slot that the device is committed to has proved itself; the other
  // one has not.
  return mark == Mark::kGood || (mark == Mark::kUnknown && slot == judged.committed);
}

}  // namespace bf::boot
