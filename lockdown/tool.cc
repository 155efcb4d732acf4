// SPDX-License-Identifier: Apache-2.0
#include "lockdown/tool.h"

#include "lockdown/apply/verbs.h"

namespace bf::lockdown {

cli::Tool LockdownTool() {
  return {"bf-lockdown",
          "Local input and consoles, shut but for what input.toml lists",
          {ApplyVerb(), DecideVerb(), DevicesVerb()}};
}

}  // namespace bf::lockdown
