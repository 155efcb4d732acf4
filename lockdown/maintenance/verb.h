// SPDX-License-Identifier: Apache-2.0
// bf-lockdown maintenance status|open|close, and start|wait|end for bf-maintenance.service.
#pragma once

#include "core/cli/tool.h"
#include "lockdown/maintenance/linux_maintenance.h"

namespace bf::lockdown::maintenance {

cli::Verb MaintenanceVerb(Verifier verify = HelperVerifier());

}  // namespace bf::lockdown::maintenance
