// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::data {

// bf-provision data
cli::Verb DataVerb();

}  // namespace bf::provision::data
