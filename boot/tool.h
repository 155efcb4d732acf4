// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::boot {

cli::Tool BootTool();

}  // namespace bf::boot
