// SPDX-License-Identifier: Apache-2.0
// One condition as a profile writes it: "socket.domain == AF_UNIX && socket.type & 0xf in [1, 2]".
// Only what compiles to a filter that means the same is taken: equal, one of, equal under a mask.
#pragma once

#include <string_view>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::sandbox {

struct Condition {
  const Syscall* syscall = nullptr;
  // One for each combination of the values of "in".
  std::vector<std::vector<Comparison>> alternatives;
};

struct ConditionProblem {
  std::size_t offset;  // into the text
  std::string message;
  bool unknown_name = false;  // the system call itself is not known
};

inline constexpr std::size_t kMostAlternatives = 512;

// Whether `text` is meant to be one, and not the name of a system call or group.
bool IsCondition(std::string_view text);
tl::expected<Condition, ConditionProblem> ParseCondition(std::string_view text);

// "ioctl.cmd == TIOCGWINSZ", "mmap.prot & 0x6 == PROT_EXEC": as it would be written.
std::string ToString(const Syscall& syscall, const Comparison& comparison);

}  // namespace bf::lockdown::sandbox
