// SPDX-License-Identifier: Apache-2.0
// bf-input-filter: run and mute, one input device each.
#pragma once

#include "core/cli/tool.h"

namespace bf::lockdown::filter {

cli::Tool FilterTool();

}  // namespace bf::lockdown::filter
