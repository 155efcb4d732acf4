// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "provision/layout/layout.h"

namespace bf::provision::layout {

// The [cmdline] table: words for the kernel, the same in both slots. What every device needs must
// be among them, so that a reviewer sees it; what opens a shell, or is made per slot, must not.
CmdlinePolicy ReadCmdlinePolicy(policy::Reader& reader);

}  // namespace bf::provision::layout
