// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bf::lockdown::sandbox {

// [--root DIR] PROFILE -- CMD [ARG]...: becomes CMD, in the sandbox of PROFILE. Returns the exit
// code for whatever kept it from that.
int RunExec(const std::vector<std::string>& args);

}  // namespace bf::lockdown::sandbox
