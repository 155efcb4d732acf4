// SPDX-License-Identifier: Apache-2.0
// The options of `image` and `rootfs`, for the tool that carries them out and for bf-provision,
// which hands them on.
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::image {

// Without a handler.
cli::Verb ImageVerbTable();
cli::Verb RootfsVerbTable();

}  // namespace bf::provision::image
