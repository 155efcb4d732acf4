// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::reset {

// `bf-provision reset`: asks for a factory reset, which bf-state carries out at the next boot.
cli::Verb ResetVerb();

}  // namespace bf::provision::reset
