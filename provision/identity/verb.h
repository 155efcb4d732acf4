// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::identity {

cli::Verb MachineIdVerb();

}  // namespace bf::provision::identity
