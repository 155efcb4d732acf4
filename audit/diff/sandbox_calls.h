// SPDX-License-Identifier: Apache-2.0
// Which system calls two profiles decide differently.
#pragma once

#include <vector>

#include "lockdown/sandbox/policy/decide.h"

namespace bf::audit {

// How much an action lets a process do: to be killed is less than to be told off, and to be
// recorded less than to be let through in silence.
int RankOf(lockdown::sandbox::Action action);

struct Shift {
  const lockdown::sandbox::Syscall* syscall = nullptr;  // none: what neither profile names
  lockdown::sandbox::Action from;
  lockdown::sandbox::Action to;
  const lockdown::sandbox::Rule* before = nullptr;  // none: the default
  const lockdown::sandbox::Rule* after = nullptr;
  // None where it took too long to find one: it may be that there is none.
  std::optional<lockdown::sandbox::Call> witness;
  bool whole = false;  // whatever the arguments are
};

// One for each system call and pair of rules: a harmless one never stands for a dangerous one.
// Every witness has been decided by both oracles.
std::vector<Shift> ShiftsOf(const lockdown::sandbox::Profile& before,
                            const lockdown::sandbox::Profile& after);

}  // namespace bf::audit
