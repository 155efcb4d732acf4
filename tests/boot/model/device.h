// SPDX-License-Identifier: Apache-2.0
// Facts of a device as it should be, for tests to spoil.
#pragma once

#include "boot/model/change.h"
#include "boot/model/facts.h"

namespace bf::boot {

inline constexpr int kBootA = 2;
inline constexpr int kBootB = 3;
inline int BootOf(Slot slot) { return slot == Slot::kA ? kBootA : kBootB; }

inline void Select(Facts& facts, Slot committed, Slot trial) {
  facts.selector.autoboot =
      disk::ParseAutoboot(disk::MakeAutoboot(BootOf(committed), BootOf(trial)));
  facts.selector.writable = true;
}

// `slot` runs; all agrees on it.
inline void StartSlot(Facts& facts, Slot slot, bool tryboot, std::string boot_id) {
  facts.firmware.partition = static_cast<std::uint32_t>(BootOf(slot));
  facts.firmware.tryboot = tryboot;
  facts.firmware.source = "test";
  facts.cmdline_slot = slot;
  facts.cmdline_slot_text = std::string(Name(slot));
  facts.root_slot = slot;
  facts.root_text = "root";
  facts.boot_id = std::move(boot_id);
}

// Slot A runs and is committed, nothing is staged.
inline Facts Healthy() {
  Facts facts;
  facts.slots = {SlotPartitions{kBootA, 4}, SlotPartitions{kBootB, 5}};
  facts.record_writable = true;
  Select(facts, Slot::kA, Slot::kA);
  StartSlot(facts, Slot::kA, false, "boot-1");
  Record record;
  record.MarkOf(Slot::kA) = Mark::kGood;
  record.boot_id = "boot-1";
  facts.record.record = record;
  return facts;
}

inline void Write(Facts& facts, const Change& change) {
  if (change.selection) Select(facts, change.selection->first, change.selection->second);
  if (change.record) facts.record.record = change.record;
}

// Slot B is staged, armed, and runs on trial.
inline Facts OnTrial() {
  Facts facts = Healthy();
  Write(facts, SetPrimary(facts, Slot::kB).value());
  Write(facts, Arm(facts).value());
  StartSlot(facts, Slot::kB, true, "boot-2");
  Write(facts, Reconcile(facts));
  return facts;
}

}  // namespace bf::boot
