// SPDX-License-Identifier: Apache-2.0
// bf-lockdown: compile, explain; apply, decide, devices, check.
#pragma once

#include "core/cli/tool.h"

namespace bf::lockdown {

cli::Tool LockdownTool();

}  // namespace bf::lockdown
