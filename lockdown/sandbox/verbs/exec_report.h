// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::lockdown::sandbox {

// bf-lockdown exec --report.
Status ExecAndReport(cli::Invocation& invocation);

}  // namespace bf::lockdown::sandbox
