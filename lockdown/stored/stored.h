// SPDX-License-Identifier: Apache-2.0
// The compiled policy, of which only what is asked for is read: a decision takes as long with a
// thousand entries as with one. `bf-lockdown compile` makes it next to the udev rules, and it lies
// on the same read-only root: who can change it can change those, and input.toml.
//
// Whoever judges by it judges by a Policy that has fewer entries, with the one judge there is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/fd.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown::stored {

inline constexpr std::string_view kStoredPath = "/usr/share/betterframe/lockdown/input.policy";

class Stored {
 public:
  // Refuses what was changed, cut, or written in another format, as far as it is read: kRefused.
  // `policy_file` is what the places in it are of.
  static Result<Stored> Open(const std::string& path, const std::string& policy_file);
  // Refuses when it is not of what is in `policy_file` now.
  Status IsOfItsPolicy() const;

  // All but entries: the hash, [usb], [maintenance] and the filters. No [console].
  const Policy& head() const { return head_; }
  // With the entries under these keys, in the order of the policy, and those whose filters a uinput
  // device may be of.
  Result<Policy> Select(std::span<const KeyRange> keys) const;

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct Placed {
    std::uint32_t place = 0;
    Allow entry;
  };

  Status ReadHead();
  Result<std::string> Read(std::uint64_t offset, std::size_t size) const;
  Result<Slot> ReadSlot(std::uint32_t slot) const;
  Result<std::uint32_t> LowerBound(std::uint64_t key) const;
  Result<Placed> ReadEntry(const Slot& slot) const;

  host::UniqueFd fd_;
  std::string path_;
  std::string policy_file_;
  std::uint64_t size_ = 0;
  std::uint32_t head_bytes_ = 0;
  std::uint32_t entries_ = 0;
  Policy head_;
  std::vector<std::uint32_t> filter_slots_;
};

}  // namespace bf::lockdown::stored
