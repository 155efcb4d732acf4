// SPDX-License-Identifier: Apache-2.0
// The last two steps: load the filter, and become the program.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/filter/bpf.h"

namespace bf::lockdown::sandbox {

// That a program could not be started, by the errno: kNoProgram or kNotExecutable.
Error NotStarted(int code, std::string doing);

// Where `name` is: as it is with a slash in it, otherwise in `path`, such as "/usr/bin:/bin".
Result<std::string> FindProgram(const std::string& name, std::string_view path);

// As execve(2) takes them. They point into `texts`.
std::vector<char*> Pointers(const std::vector<std::string>& texts);

// Loads it for this thread, with flags of seccomp(2): what that returns.
Result<int> LoadFilter(const Program& filter, unsigned flags);

// Returns only if it failed. Whether the message can still be written is up to the filter.
Error Enter(const Program& filter, const std::string& program,
            const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

}  // namespace bf::lockdown::sandbox
