// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/error/error.h"

namespace bf::provision::state {

// Gives the directory `top` and all files and directories below it to `project`. The tree belongs
// to an untrusted user: symlinks and special files are left alone, files with a second name too
// (it may lie elsewhere), and other mounts. `top` itself comes last: as long as it has not the
// project, the next boot does all of it again.
Status SetProjectOfTree(int top, std::uint32_t project, const std::string& shown);

}  // namespace bf::provision::state
