// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::lockdown {

cli::Verb ApplyVerb();
cli::Verb DecideVerb();
cli::Verb DevicesVerb();

}  // namespace bf::lockdown
