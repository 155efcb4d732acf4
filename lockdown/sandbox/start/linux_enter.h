// SPDX-License-Identifier: Apache-2.0
// The last two steps: load the filter, and become the program.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/filter/bpf.h"

namespace bf::lockdown::sandbox {

// Where `name` is: as it is with a slash in it, otherwise in `path`, such as "/usr/bin:/bin".
Result<std::string> FindProgram(const std::string& name, std::string_view path);

// Returns only if it failed. Whether the message can still be written is up to the filter.
Error Enter(const Program& filter, const std::string& program,
            const std::vector<std::string>& arguments, const std::vector<std::string>& environment);

}  // namespace bf::lockdown::sandbox
