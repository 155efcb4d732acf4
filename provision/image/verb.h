// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "core/cli/tool.h"

namespace bf::provision::image {

// The tool that does the work, bf-provision-image: verbs `image` and `rootfs`. `cancelled` is set
// from a signal handler.
cli::Tool ImageTool(const std::atomic<bool>* cancelled);

}  // namespace bf::provision::image
