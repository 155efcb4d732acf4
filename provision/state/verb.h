// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::state {

// `bf-provision state`: bf-state.service.
cli::Verb StateVerb();

}  // namespace bf::provision::state
