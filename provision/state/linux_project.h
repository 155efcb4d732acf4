// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/error/error.h"
#include "provision/state/apply.h"

namespace bf::provision::state {

// Gives the directory `top` and all files and directories below it to `project`. The tree belongs
// to an untrusted user, who can make us do it again at every boot: it ends at `deadline`, however
// much there is, and goes no deeper than it has descriptors for. Symlinks and special files are
// left alone, files with a second name too (it may lie elsewhere), and other mounts. `top` comes
// first: what is made from now on counts. It is marked until all is done, so that a cut does not
// leave the rest as it was for good.
Result<ProjectWalk> SetProjectOfTree(int top, std::uint32_t project,
                                     std::chrono::steady_clock::time_point deadline,
                                     const std::string& shown);
// Whether the mark is there.
bool ProjectWalkPending(int top);

}  // namespace bf::provision::state
