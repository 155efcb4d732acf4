// SPDX-License-Identifier: Apache-2.0
// The oracle: what a profile says about one call. It knows nothing of filters, so that a filter can
// be held against it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::sandbox {

// struct seccomp_data, but for the instruction pointer, which no profile asks for.
struct Call {
  std::uint32_t arch = 0;    // AUDIT_ARCH_*
  std::uint32_t number = 0;  // with kX32Bit, if it came that way
  std::array<std::uint64_t, 6> arguments{};

  bool operator==(const Call&) const = default;
  auto operator<=>(const Call&) const = default;
};
// "x86_64 ioctl(fd = 0x0, cmd = 0x5412, arg = 0x0)", as a witness is shown.
std::string ToString(const Call& call);

struct Verdict {
  Action action;
  const Rule* rule = nullptr;  // none: the default, or another architecture
};

// The rules of one profile on one architecture, by number.
class Oracle {
 public:
  Oracle(const Profile& profile, Arch arch);

  Verdict Decide(const Call& call) const;
  Arch arch() const { return arch_; }
  const Profile& profile() const { return *profile_; }
  // The rules for a number, or none.
  const std::vector<const Rule*>& RulesFor(std::uint32_t number) const;

 private:
  const Profile* profile_;
  Arch arch_;
  std::map<std::uint32_t, std::vector<const Rule*>> by_number_;
};

// Calls that tell this profile from others: for every number up to kMostNumber, and each of the
// odd ones; for each rule a call that matches it, and for each of its operands the values beside
// it, with other bits in the high word, with bits outside the mask.
inline constexpr std::uint32_t kMostNumber = 1100;
std::vector<Call> PartitionPoints(const Oracle& oracle);
// The same without a list of them: some more than once, in no order.
void ForEachPartitionPoint(const Oracle& oracle, const std::function<void(const Call&)>& visit);
// Of one number only.
std::vector<Call> PartitionPoints(const Oracle& oracle, std::uint32_t number);

}  // namespace bf::lockdown::sandbox
