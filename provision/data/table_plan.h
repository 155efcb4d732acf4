// SPDX-License-Identifier: Apache-2.0
// The first two of the three comparisons: table against disk, partition against kernel.
#pragma once

#include "provision/data/judge.h"
#include "provision/data/planner.h"

namespace bf::provision::data {

// Works on a copy of the table, so that one write can carry several changes.
class TablePlan {
 public:
  TablePlan(const DataPolicy& policy, const DataFacts& facts, const Target& target,
            Verdict verdict);

  // False where the table is not to be touched at this boot; notes() say why.
  bool allowed() const { return allowed_; }
  const std::vector<std::string>& notes() const { return notes_; }

  void Grow();
  void SetType(std::string_view type, std::string_view why);
  // Adds the wipe of the grown area, the write and the kernel's update as far as they are needed.
  // What was written counts as written from then on.
  void Emit(Steps& steps);

  std::uint64_t partition_size() const;  // once the steps so far have run
  std::uint64_t partition_start() const;

 private:
  disk::GptEntry& entry();
  bool Differs() const;
  std::vector<Range> GrownArea(std::uint64_t old_end, std::uint64_t new_end) const;

  const DataPolicy& policy_;
  const DataFacts& facts_;
  const Target& target_;
  const Verdict verdict_;
  disk::GptTable table_;                   // wanted
  std::optional<disk::GptTable> written_;  // what the disk has in both copies
  std::uint64_t kernel_size_ = 0;
  bool allowed_ = true;
  std::string why_;
  std::vector<std::string> notes_;
};

}  // namespace bf::provision::data
