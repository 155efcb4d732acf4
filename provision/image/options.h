// SPDX-License-Identifier: Apache-2.0
// The options of `image`, `rootfs` and `bootfs`, for the tool that carries them out and for
// bf-provision, which hands them on.
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::image {

// Without a handler.
cli::Verb ImageVerbTable();
cli::Verb RootfsVerbTable();
cli::Verb BootfsVerbTable();

}  // namespace bf::provision::image
