// SPDX-License-Identifier: Apache-2.0
// Runs a program, and records what it and all that it starts ask of the kernel.
#pragma once

#include "lockdown/sandbox/watch/learned.h"
#include "lockdown/sandbox/watch/linux_watch.h"

namespace bf::lockdown::sandbox {

struct Lesson {
  Learned learned;
  Ended ended;
};

// As user 0 with these capabilities and no others, as the sandbox will start it; as another user
// with what that has. The environment is as it is given, but for names that no profile may keep.
Result<Lesson> Learn(const std::vector<std::string>& command, std::uint64_t capabilities);

}  // namespace bf::lockdown::sandbox
