// SPDX-License-Identifier: Apache-2.0
// The kernel command line of a slot. The only place that makes one: the image builder and the
// slot hook of a bundle both write its result whole.
#pragma once

#include <string>

#include "core/disk/guid.h"
#include "provision/layout/layout.h"

namespace bf::provision::image {

inline constexpr std::string_view kCmdlineName = "cmdline.txt";

// One line with a newline at its end: what differs between slots first, then the policy's words.
std::string MakeCmdline(const layout::CmdlinePolicy& policy, layout::Slot slot,
                        const disk::Guid& root_partition);

}  // namespace bf::provision::image
