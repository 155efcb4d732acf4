// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/cli/tool.h"
#include "lockdown/device/device.h"

namespace bf::lockdown {

// What is plugged in; with a name, that device alone, or an error.
Result<std::vector<device::Device>> PresentDevices(const std::string& root,
                                                   const std::string& name);

cli::Verb ApplyVerb();
cli::Verb DecideVerb();
cli::Verb DevicesVerb();

}  // namespace bf::lockdown
