// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::provision::status {

// `bf-provision status`: what the device says of itself.
cli::Verb StatusVerb();

}  // namespace bf::provision::status
