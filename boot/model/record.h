// SPDX-License-Identifier: Apache-2.0
// What bf-boot remembers between boots: how far an update has come, how often its trial was
// started, and why it was given up. It is a help, not the truth: what boots is decided by
// autoboot.txt alone, and a record that is lost is made anew from that and from the firmware.
//
// Two blocks in one file that is never moved: each write goes to the block that holds the older of
// the two, so that a torn write leaves the newer one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "boot/model/slot.h"
#include "core/error/error.h"

namespace bf::boot {

enum class State {
  kCommitted,   // nothing is under way
  kStaged,      // an update is in the target slot, to be tried
  kArmed,       // the reboot into the trial was asked for
  kTrial,       // the target is running on trial
  kConfirmed,   // the trial was good, and the target is the committed slot
  kRolledBack,  // the trial was given up, for `reason`
};
std::string_view Name(State state);

enum class Mark { kUnknown, kGood, kBad };

struct Record {
  State state = State::kCommitted;
  Slot target = Slot::kA;       // of all states but kCommitted
  std::uint32_t attempts = 0;   // trials of this update that were started
  std::array<Mark, 2> marks{};  // by IndexOf(slot)
  std::string boot_id;          // of the boot that wrote `state`
  // Of a trial that is running or ended: what was wrong with it. Cut to kMaxReason.
  std::string reason;

  Mark& MarkOf(Slot slot) { return marks[IndexOf(slot)]; }
  Mark MarkOf(Slot slot) const { return marks[IndexOf(slot)]; }
  bool operator==(const Record&) const = default;
};

inline constexpr std::string_view kRecordPath = "control/boot-record";  // beneath BF_DATA
inline constexpr std::size_t kRecordBlock = 4096;  // one write; its content is in the first sector
inline constexpr std::size_t kRecordSize = 2 * kRecordBlock;
inline constexpr std::size_t kMaxReason = 240;
inline constexpr std::uint32_t kRecordVersion = 1;

struct StoredRecord {
  std::optional<Record> record;
  std::uint64_t sequence = 0;  // of the newest block
  int block = 0;               // which block that is; the other one is written next
  // A block of a later version than ours is newer than any of ours: it is not ours to change.
  std::optional<std::uint32_t> newer_version;
  std::string problem;  // why there is no record, or which block is torn; empty when all is well
};

// One block: kRecordBlock bytes.
std::vector<std::byte> SerialiseRecord(const Record& record, std::uint64_t sequence);
// The whole file.
StoredRecord ParseRecord(std::span<const std::byte> file);

}  // namespace bf::boot
