// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::image {

// `bf-provision image`, `rootfs` and `bootfs`: start bf-provision-image in place of this program.
// What makes images needs libfdisk, libext2fs and libarchive; what runs at every boot must not load
// them.
cli::Verb ImageVerb();
cli::Verb RootfsVerb();
cli::Verb BootfsVerb();

}  // namespace bf::provision::image
