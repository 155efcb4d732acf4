// SPDX-License-Identifier: Apache-2.0
#include "lockdown/tool.h"

#include "lockdown/maintenance/verb.h"

namespace bf::lockdown {

cli::Tool LockdownTool() {
  return {"bf-lockdown",
          "Local input and consoles, shut but for what input.toml lists",
          {maintenance::MaintenanceVerb()}};
}

}  // namespace bf::lockdown
