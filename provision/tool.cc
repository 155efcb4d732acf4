// SPDX-License-Identifier: Apache-2.0
#include "provision/tool.h"

#include "provision/data/verb.h"
#include "provision/identity/verb.h"
#include "provision/image/forward.h"
#include "provision/reset/verb.h"
#include "provision/state/verb.h"
#include "provision/status/verb.h"

namespace bf::provision {

cli::Tool ProvisionTool() {
  cli::Tool tool;
  tool.name = "bf-provision";
  tool.summary = "make factory images, and bring up BF_DATA and what lives on it";
  // clang-format off
  tool.verbs = {  // one line each
      data::DataVerb(),
      identity::MachineIdVerb(),
      image::ImageVerb(),
      image::RootfsVerb(),
      image::BootfsVerb(),
      reset::ResetVerb(),
      state::StateVerb(),
      status::StatusVerb(),
  };
  // clang-format on
  return tool;
}

}  // namespace bf::provision
