// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision {

// bf-provision and its verbs.
cli::Tool ProvisionTool();

}  // namespace bf::provision
