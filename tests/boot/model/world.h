// SPDX-License-Identifier: Apache-2.0
// A device in a few bytes: disk, firmware, RAUC and the power, to run long lives of it.
#pragma once

#include <random>
#include <set>

#include "boot/model/change.h"

namespace bf::boot {

// What is in a slot.
enum class Content { kGarbage, kDead, kSick, kSound };  // dead: never gets to reconcile

class World {
 public:
  explicit World(std::uint32_t seed);

  // One random thing happens; what breaks a promise ends up in `broken`.
  void Step();
  const std::string& broken() const { return broken_; }
  std::string Story() const;

  std::uint64_t cuts = 0;
  std::uint64_t confirmations = 0;
  std::uint64_t trials = 0;

 private:
  std::uint32_t Draw(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  Facts Observe() const;
  // False: the power went.
  bool Apply(const Change& change);
  bool WriteRecord(const Record& record);
  void PowerOn();
  void Boot();
  void Install();
  void Verb();
  void Promise(bool held, std::string what);
  void CheckPromises();
  void Say(std::string line) { story_.push_back(std::move(line)); }

  std::mt19937 random_;
  // On the disk.
  std::pair<Slot, Slot> selection_{Slot::kA, Slot::kA};
  std::vector<std::byte> record_;
  std::array<Content, 2> slots_{Content::kSound, Content::kSound};
  // In the firmware, and of this boot.
  bool flag_ = false;
  Slot running_ = Slot::kA;
  bool tryboot_ = false;
  int boots_ = 0;
  // What must hold.
  Slot confirmed_ = Slot::kA;
  bool record_lost_ = false;
  std::uint32_t trials_of_update_ = 0;
  std::string broken_;
  std::vector<std::string> story_;
};

}  // namespace bf::boot
