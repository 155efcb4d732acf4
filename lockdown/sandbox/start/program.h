// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::lockdown::sandbox {

// Becomes `command` in the sandbox of `profile`, as it was compiled below `root`. Returns only to
// say what failed; by then this process may have given up what it had.
Error StartIn(const std::string& root, const std::string& profile,
              const std::vector<std::string>& command);

// [--root DIR] PROFILE -- CMD [ARG]...: becomes CMD, in the sandbox of PROFILE. Returns the exit
// code for whatever kept it from that.
int RunExec(const std::vector<std::string>& args);

}  // namespace bf::lockdown::sandbox
