// SPDX-License-Identifier: Apache-2.0
#include "boot/model/judge.h"

namespace bf::boot {
namespace {

using Strings = std::vector<std::string>;

class Judging {
 public:
  explicit Judging(const Facts& facts) : facts_(facts) {}

  Judgement Run() {
    Running();
    Selection();
    Classify();
    Disagreements();
    Problems();
    Reconcile();
    Conclude();
    return std::move(judged_);
  }

 private:
  template <class... Args>
  void Disagree(fmt::format_string<Args...> format, Args&&... args) {
    judged_.disagreements.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void Problem(fmt::format_string<Args...> format, Args&&... args) {
    judged_.problems.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void Running() {
    const auto& partition = facts_.firmware.partition;
    if (partition) firmware_slot_ = facts_.SlotOfBoot(*partition);
    // The root is what runs; the firmware's word alone stands in where the root is not on a disk
    // of ours. The command line is never asked: it may be another slot's (a config.txt filter that
    // an old firmware does not know).
    judged_.running = facts_.root_slot ? facts_.root_slot : firmware_slot_;
  }

  void Selection() {
    const auto& autoboot = facts_.selector.autoboot;
    if (!autoboot) return;
    if (autoboot->committed) judged_.committed = facts_.SlotOfBoot(*autoboot->committed);
    const auto trial = autoboot->Trial();
    if (trial) trial_slot_ = facts_.SlotOfBoot(*trial);
    if (trial_slot_ != judged_.committed) judged_.pending = trial_slot_;
    judged_.next = judged_.committed;
  }

  void Classify() {
    const bool flag = facts_.firmware.tryboot.value_or(false);
    judged_.flagged = flag;
    if (!judged_.running || !judged_.committed) return;
    if (judged_.running == judged_.committed) {
      judged_.situation = Situation::kNormal;
    } else if (flag && judged_.running == judged_.pending) {
      judged_.situation = Situation::kTrial;
    } else if (facts_.firmware.tryboot) {
      judged_.situation = Situation::kFallback;
    }
  }

  void Disagreements() {
    const FirmwareFacts& firmware = facts_.firmware;
    for (const std::string& problem : firmware.problems) Disagree("{}", problem);
    if (!firmware.partition) {
      Disagree(
          "the firmware does not tell which partition it started ({}); a Pi 5 does since the "
          "EEPROM of 2024-05-13",
          firmware.source);
    } else if (!firmware_slot_) {
      Disagree("the firmware says it started partition {}, which is no boot partition of a slot",
               *firmware.partition);
    }
    if (!firmware.tryboot) {
      Disagree("the firmware does not tell whether this is a trial ({})", firmware.source);
    }
    Root();
    CommandLine();
    Revision();
    if (!facts_.selector.autoboot) {
      Disagree("autoboot.txt cannot be read: {}", facts_.selector.problem);
    } else if (!judged_.committed) {
      Disagree("autoboot.txt commits to no slot: [all] boot_partition={}",
               facts_.selector.autoboot->committed
                   ? std::to_string(*facts_.selector.autoboot->committed)
                   : "?");
    } else if (!trial_slot_) {
      Disagree("autoboot.txt: [tryboot] boot_partition={} is no boot partition of a slot",
               facts_.selector.autoboot->Trial().value_or(0));
    }
    if (judged_.situation == Situation::kUnknown && judged_.running && judged_.committed) {
      Disagree("slot {} runs while autoboot.txt commits to {}", Name(*judged_.running),
               Name(*judged_.committed));
    }
    if (judged_.situation == Situation::kFallback && firmware.tryboot.value_or(false)) {
      Disagree("the tryboot flag is set, but slot {} is not the one [tryboot] names",
               Name(*judged_.running));
    }
    if (judged_.situation == Situation::kTrial && RecordSays(State::kRolledBack)) {
      Disagree("slot {} was given up before: {}", Name(*judged_.running), Recorded().reason);
    }
    if (judged_.situation != Situation::kNormal && !facts_.record_writable) {
      Disagree("the record cannot be kept: {}", facts_.record_storage_problem);
    }
  }

  void Root() {
    if (!facts_.root_slot) {
      if (!facts_.root_text.empty()) {
        Disagree("the root is {}, which is the root partition of no slot", facts_.root_text);
      } else {
        Disagree("it is not known which partition the root is on");
      }
      return;
    }
    if (firmware_slot_ && firmware_slot_ != facts_.root_slot) {
      Disagree("the firmware started slot {}, but the root is slot {}'s", Name(*firmware_slot_),
               Name(*facts_.root_slot));
    }
  }

  void CommandLine() {
    if (!facts_.cmdline_slot) {
      Disagree("rauc.slot={} on the kernel command line is no slot", facts_.cmdline_slot_text);
    } else if (judged_.running && facts_.cmdline_slot != judged_.running) {
      Disagree("rauc.slot={} on the kernel command line, but slot {} runs",
               Name(*facts_.cmdline_slot), Name(*judged_.running));
    }
  }

  void Revision() {
    if (facts_.boot_revision && facts_.root_revision &&
        *facts_.boot_revision != *facts_.root_revision) {
      Disagree("the boot partition belongs to release {}, the root to {}", *facts_.boot_revision,
               *facts_.root_revision);
    }
  }

  void Problems() {
    if (!facts_.disk_problem.empty()) Problem("{}", facts_.disk_problem);
    if (facts_.selector.autoboot) {
      for (const std::string& oddity : facts_.selector.autoboot->oddities) {
        Problem("autoboot.txt: {}", oddity);
      }
      if (!facts_.selector.writable) {
        Problem("autoboot.txt cannot be changed: {}", facts_.selector.problem);
      }
    }
    for (const std::string& note : facts_.selector.notes) Problem("{}", note);
    if (judged_.situation == Situation::kFallback) {
      Problem("slot {} runs although autoboot.txt commits to {}, which did not start",
              Name(*judged_.running), Name(*judged_.committed));
    }
    if (!facts_.record.problem.empty()) Problem("{}", facts_.record.problem);
    if (!facts_.record_writable && !facts_.record_storage_problem.empty()) {
      Problem("the record cannot be kept: {}", facts_.record_storage_problem);
    }
    for (const std::string& other : facts_.foreign_disks) {
      Problem("{} has partitions by our names as well; it is left alone", other);
    }
    if (facts_.app_ota) {
      Problem("BF_ENABLE_APP_OTA=1 in {}: the single-binary updater may run beside this one",
              facts_.app_ota_where);
    }
  }

  bool RecordSays(State state) const {
    return facts_.record.record && facts_.record.record->state == state &&
           facts_.record.record->target == judged_.running;
  }
  Record Recorded() const { return facts_.record.record.value_or(Record{}); }
  bool SameBoot() const {
    return !facts_.boot_id.empty() && facts_.record.record &&
           facts_.record.record->boot_id == facts_.boot_id;
  }

  // What the record should say now. See docs/architecture.md for the table.
  void Reconcile() {
    if (judged_.situation == Situation::kUnknown) return;
    Record record = Recorded();
    bool unstage = false;
    switch (judged_.situation) {
      case Situation::kTrial:
        ReconcileTrial(record);
        break;
      case Situation::kNormal:
        unstage = ReconcileNormal(record);
        break;
      case Situation::kFallback:
        // Nothing is decided here: a person, or the confirmation of what runs, does.
        break;
      case Situation::kUnknown:
        return;
    }
    if (!facts_.record.record || record != *facts_.record.record) {
      if (!SameBoot() || record.state != Recorded().state) record.boot_id = facts_.boot_id;
      judged_.new_record = record;
    }
    if (unstage) judged_.new_selection = std::pair(*judged_.committed, *judged_.committed);
  }

  void ReconcileTrial(Record& record) const {
    const Slot target = *judged_.running;
    const bool known = facts_.record.record && record.target == target;
    if (known && record.state == State::kRolledBack) return;  // the disagreement says the rest
    if (known && record.state == State::kTrial) {
      // Another boot of it that nobody armed.
      if (!SameBoot()) ++record.attempts;
      record.boot_id = facts_.boot_id;
      return;
    }
    if (!known || (record.state != State::kArmed && record.state != State::kStaged)) {
      record.attempts = 0;
      record.reason.clear();
    }
    // Armed counted it already.
    if (record.state != State::kArmed || !known) ++record.attempts;
    record.state = State::kTrial;
    record.target = target;
    record.reason.clear();
    record.boot_id = facts_.boot_id;
  }

  // True: nothing is to stay staged.
  bool ReconcileNormal(Record& record) const {
    if (!judged_.pending) {
      NothingPending(record);
      return false;
    }
    const Slot pending = *judged_.pending;
    if (facts_.record.newer_version) {
      GiveUp(record, pending, "a newer system's record was left behind, and no confirmation");
      record.MarkOf(*judged_.committed) = Mark::kGood;
      return true;
    }
    if (!facts_.record.record) {
      // How often it was tried is lost; once more is allowed.
      Stage(record, pending, kMaxAttempts - 1);
      record.MarkOf(*judged_.committed) = Mark::kGood;
      return false;
    }
    const bool ours = record.target == pending;
    if (!ours || record.state == State::kCommitted || record.state == State::kConfirmed) {
      // The power went between autoboot.txt and the record.
      Stage(record, pending, 0);
      return false;
    }
    switch (record.state) {
      case State::kRolledBack:
        return true;
      case State::kArmed:
        return Armed(record);
      case State::kTrial:
        return TrialEnded(record);
      default:
        return false;
    }
  }

  void NothingPending(Record& record) const {
    const Slot committed = *judged_.committed;
    if (!facts_.record.record) {
      record = Record{};
      record.MarkOf(committed) = Mark::kGood;
      return;
    }
    switch (record.state) {
      case State::kStaged:
      case State::kArmed:
      case State::kTrial:
        if (record.target == committed) {  // the power went after autoboot.txt was moved
          record.state = State::kConfirmed;
          record.MarkOf(committed) = Mark::kGood;
          record.reason.clear();
        } else if (record.state == State::kTrial) {
          GiveUp(record, record.target,
                 record.reason.empty() ? "it was withdrawn while it ran" : record.reason);
        } else {
          record.state = State::kCommitted;
          record.attempts = 0;
        }
        return;
      case State::kConfirmed:
        if (record.target != committed || !SameBoot()) {
          record.state = State::kCommitted;
          record.attempts = 0;
        }
        return;
      case State::kCommitted:
      case State::kRolledBack:
        return;
    }
  }

  bool Armed(Record& record) const {
    if (SameBoot()) return false;
    if (facts_.firmware.tryboot.value_or(false)) {
      GiveUp(record, record.target,
             "the firmware started the committed slot although the tryboot flag was set: it does "
             "not honour [tryboot]");
      return true;
    }
    return Retry(record,
                 "ended before bf-boot-reconcile ran in it: firmware, kernel, root or init "
                 "failed, or the power went");
  }

  bool TrialEnded(Record& record) const {
    if (SameBoot()) return false;
    if (!record.reason.empty()) {
      GiveUp(record, record.target, record.reason);
      return true;
    }
    return Retry(record,
                 "was not confirmed before the device restarted: a reboot, the watchdog, "
                 "or the power");
  }

  bool Retry(Record& record, std::string_view what) const {
    const std::string reason =
        fmt::format("trial {} of {} {}", record.attempts, kMaxAttempts, what);
    if (record.attempts >= kMaxAttempts) {
      GiveUp(record, record.target, reason);
      return true;
    }
    record.state = State::kStaged;
    record.reason = reason;
    return false;
  }

  static void Stage(Record& record, Slot slot, std::uint32_t attempts) {
    record.state = State::kStaged;
    record.target = slot;
    record.attempts = attempts;
    record.MarkOf(slot) = Mark::kUnknown;
    record.reason.clear();
  }

  static void GiveUp(Record& record, Slot slot, std::string_view reason) {
    record.state = State::kRolledBack;
    record.target = slot;
    record.MarkOf(slot) = Mark::kBad;
    record.reason = std::string(reason.substr(0, kMaxReason));
  }

  void Conclude() {
    const Record record = judged_.new_record ? *judged_.new_record : Recorded();
    judged_.state = record.state;
    judged_.attempts = record.attempts;
    judged_.reason = record.reason;
    if (record.state != State::kCommitted) judged_.target = record.target;
    const bool under_way = record.state == State::kStaged || record.state == State::kArmed ||
                           record.state == State::kTrial;
    judged_.primary = judged_.committed;
    if (under_way && judged_.pending == record.target) judged_.primary = record.target;
  }

  const Facts& facts_;
  Judgement judged_;
  std::optional<Slot> firmware_slot_;
  std::optional<Slot> trial_slot_;
};

}  // namespace

std::string_view Name(Situation situation) {
  switch (situation) {
    case Situation::kUnknown:
      return "unknown";
    case Situation::kNormal:
      return "normal";
    case Situation::kTrial:
      return "trial";
    case Situation::kFallback:
      return "fallback";
  }
  return "unknown";
}

Judgement Judge(const Facts& facts) { return Judging(facts).Run(); }

}  // namespace bf::boot
