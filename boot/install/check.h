// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "core/error/error.h"

namespace bf::boot::install {

// RAUC's pre-install handler: before a slot is marked bad or written to.
Status Check(const std::string& root, const std::string& policy_dir,
             const std::string& bundle_mount_point);
int Main();

}  // namespace bf::boot::install
