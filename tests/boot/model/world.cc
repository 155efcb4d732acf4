// SPDX-License-Identifier: Apache-2.0
#include "tests/boot/model/world.h"

#include "tests/boot/model/device.h"

namespace bf::boot {

World::World(std::uint32_t seed) : random_(seed), record_(kRecordSize) { Boot(); }

std::string World::Story() const {
  const std::size_t begin = story_.size() > 40 ? story_.size() - 40 : 0;
  return fmt::format(
      "{}\n{}", broken_,
      fmt::join(story_.begin() + static_cast<std::ptrdiff_t>(begin), story_.end(), "\n"));
}

void World::Promise(bool held, std::string what) {
  if (!held && broken_.empty()) broken_ = std::move(what);
}

Facts World::Observe() const {
  Facts facts;
  facts.slots = {SlotPartitions{kBootA, 4}, SlotPartitions{kBootB, 5}};
  facts.record_writable = true;
  Select(facts, selection_.first, selection_.second);
  StartSlot(facts, running_, tryboot_, fmt::format("boot-{}", boots_));
  facts.record = ParseRecord(record_);
  return facts;
}

bool World::WriteRecord(const Record& record) {
  const StoredRecord stored = ParseRecord(record_);
  const int block = stored.record ? 1 - stored.block : 0;
  const auto bytes = SerialiseRecord(record, stored.sequence + 1);
  const auto at =
      record_.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(block) * kRecordBlock);
  switch (Draw(24)) {
    case 0:
      return false;  // before it
    case 1: {        // within it: the medium tears even a sector
      std::copy_n(bytes.begin(), Draw(512), at);
      if (Draw(2) != 0) at[static_cast<std::ptrdiff_t>(Draw(512))] ^= std::byte{0x55};
      return false;
    }
    default:
      std::copy(bytes.begin(), bytes.end(), at);
      return true;
  }
}

bool World::Apply(const Change& change) {
  const auto select = [&] {
    if (!change.selection) return true;
    if (Draw(16) == 0) return false;  // one sector: old or new, nothing between
    selection_ = *change.selection;
    return Draw(16) != 0;
  };
  const auto record = [&] { return !change.record || WriteRecord(*change.record); };
  const bool done = change.record_first ? record() && select() : select() && record();
  if (!done) {
    ++cuts;
    Say("  power cut within it");
    flag_ = false;
    PowerOn();
  }
  return done;
}

void World::PowerOn() { Boot(); }

// The firmware's part, and what runs until reconcile has.
void World::Boot() {
  for (int tries = 0; tries < 100 && broken_.empty(); ++tries) {
    tryboot_ = std::exchange(flag_, false);
    running_ = tryboot_ ? selection_.second : selection_.first;
    ++boots_;
    const Content content = slots_[IndexOf(running_)];
    const bool trial = tryboot_ && running_ != selection_.first;
    if (trial) {
      ++trials;
      ++trials_of_update_;
      Promise(record_lost_ || trials_of_update_ <= kMaxAttempts, "an update was tried too often");
    }
    Say(fmt::format("boot {}: slot {}{}", boots_, Name(running_), tryboot_ ? " (flag)" : ""));
    Promise(content != Content::kGarbage, "a half-written slot was started");
    if (!tryboot_ || running_ == selection_.first) {
      Promise(content == Content::kSound, "the committed slot does not work");
    }
    if (content == Content::kGarbage || content == Content::kDead) continue;  // resets by itself
    // The power may go in reconcile as well; then all of it once more.
    const Change change = Reconcile(Observe());
    const auto record_ok = !change.record || WriteRecord(*change.record);
    if (!record_ok || (change.selection && Draw(8) == 0)) {
      ++cuts;
      Say("  power cut within reconcile");
      continue;
    }
    if (change.selection) selection_ = *change.selection;
    Promise(Reconcile(Observe()).empty(), "reconcile is not done after reconcile");
    return;
  }
  Promise(!broken_.empty(), "no boot came up");
}

void World::Install() {
  const Slot target = Other(running_);
  Say(fmt::format("install into {}", Name(target)));
  const auto bad = SetBad(Observe(), target);
  if (!bad) {
    Say("  refused: " + bad.error().message);
    return;
  }
  if (!Apply(*bad)) return;
  slots_[IndexOf(target)] = Content::kGarbage;
  if (Draw(5) == 0) {
    Say("  it breaks off");
    if (Draw(2) == 0) PowerOn();
    return;
  }
  static constexpr Content kContents[] = {Content::kDead, Content::kSick, Content::kSound,
                                          Content::kSound};
  slots_[IndexOf(target)] = kContents[Draw(4)];
  trials_of_update_ = 0;
  record_lost_ = false;
  const auto primary = SetPrimary(Observe(), target);
  Promise(primary.has_value(), "an installed update cannot be staged");
  if (primary) (void)Apply(*primary);
}

void World::Verb() {
  const Slot slot = Draw(2) == 0 ? Slot::kA : Slot::kB;
  const Facts facts = Observe();
  const std::uint32_t what = Draw(6);
  Result<Change> change = Change{};
  switch (what) {
    case 0:
      // Of a slot that holds an update or has held one: RAUC does it for no other.
      if (slots_[IndexOf(slot)] == Content::kGarbage) return;
      Say(fmt::format("set-primary {}", Name(slot)));
      if (slot != selection_.first) trials_of_update_ = 0;
      change = SetPrimary(facts, slot);
      break;
    case 1: {
      Say(fmt::format("set-state {} good", Name(slot)));
      // Who marks good has seen it work.
      if (slots_[IndexOf(slot)] != Content::kSound) return;
      change = SetGood(facts, slot);
      break;
    }
    case 2:
      Say(fmt::format("set-state {} bad", Name(slot)));
      change = SetBad(facts, slot);
      break;
    case 3:
      Say("reconcile");
      change = Reconcile(facts);
      break;
    case 4:
      Say("give up");
      change = GiveUp(facts, "sick");
      break;
    default: {
      Say("rollback");
      auto plan = RollBack(facts);
      if (!plan) return;
      if (slots_[IndexOf(Other(running_))] == Content::kGarbage && plan->reboot == Reboot::kTrial) {
        Promise(false, "a half-written slot is good enough to roll back to");
        return;
      }
      if (plan->reboot == Reboot::kTrial) trials_of_update_ = 0;
      if (!Apply(plan->change)) return;
      if (plan->reboot == Reboot::kNone) return;
      flag_ = plan->reboot == Reboot::kTrial;
      Boot();
      return;
    }
  }
  if (!change) {
    Say("  refused: " + change.error().message);
    return;
  }
  if (change->selection && change->selection->first != selection_.first) {
    Promise(what == 1, "something else than set-state good moves [all]");
    // From here on either slot may be the committed one, and both work.
    ++confirmations;
  }
  (void)Apply(*change);
}

void World::CheckPromises() {
  const bool moved = selection_.first != confirmed_;
  if (moved) {
    Promise(slots_[IndexOf(selection_.first)] == Content::kSound,
            "the device is committed to a slot that does not work");
    confirmed_ = selection_.first;
  }
  Promise(slots_[IndexOf(confirmed_)] == Content::kSound, "the confirmed slot was lost");
  Promise(selection_.second == selection_.first ||
              slots_[IndexOf(selection_.second)] != Content::kGarbage,
          "[tryboot] names a half-written slot");
}

void World::Step() {
  switch (Draw(12)) {
    case 0:
    case 1:
      Install();
      break;
    case 2:
    case 3:
    case 4: {
      Say("arm");
      const auto change = Arm(Observe());
      if (!change) {
        Say("  refused: " + change.error().message);
        break;
      }
      if (!Apply(*change)) break;
      // The power may go on the way down: then the flag is lost.
      flag_ = Draw(4) != 0;
      Boot();
      break;
    }
    case 5:
      Say("reboot");
      Boot();
      break;
    case 6:
      ++cuts;
      Say("power cut");
      flag_ = false;
      PowerOn();
      break;
    case 7:
      if (Draw(8) != 0) break;
      Say("the record is lost");
      record_.assign(kRecordSize, std::byte{0});
      record_lost_ = true;
      break;
    case 8: {
      // The kiosk is healthy, and says so.
      if (slots_[IndexOf(running_)] != Content::kSound) break;
      Say("mark good");
      const auto change = SetGood(Observe(), running_);
      if (!change) {
        Say("  refused: " + change.error().message);
        break;
      }
      if (change->selection) ++confirmations;
      (void)Apply(*change);
      break;
    }
    default:
      Verb();
  }
  CheckPromises();
}

}  // namespace bf::boot
