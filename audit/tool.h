// SPDX-License-Identifier: Apache-2.0
// bf-audit: what a reviewer asks of the policies.
#pragma once

#include "core/cli/tool.h"

namespace bf::audit {

cli::Tool AuditTool();

}  // namespace bf::audit
