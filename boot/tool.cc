// SPDX-License-Identifier: Apache-2.0
#include "boot/tool.h"

#include "boot/verbs/verbs.h"

namespace bf::boot {

cli::Tool BootTool() {
  cli::Tool tool;
  tool.name = "bf-boot";
  tool.summary = "choose what the Pi firmware boots: RAUC's bootloader backend, trials, fallback";
  tool.options = ImageOptions();
  // clang-format off
  tool.verbs = {  // one line each
      GetPrimaryVerb(),
      SetPrimaryVerb(),
      GetStateVerb(),
      SetStateVerb(),
      GetCurrentVerb(),
      StatusVerb(),
      ReconcileVerb(),
      ArmVerb(),
      RollBackVerb(),
      SlotsVerb(),
      ConfirmVerb(),
  };
  // clang-format on
  return tool;
}

}  // namespace bf::boot
