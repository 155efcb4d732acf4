// SPDX-License-Identifier: Apache-2.0
// An [[allow]] entry for a device as it is, ready to be pasted into input.toml once a person has
// written reason, owner and, where it can do more than point, because.
#pragma once

#include <string>

#include "core/error/error.h"
#include "lockdown/device/device.h"

namespace bf::lockdown {

// Fails where no entry can name the device: it hangs on no bus that a policy has, a driver is
// missing so that not all is known, or it calls itself something that no rule can match.
Result<std::string> ProposeEntry(const device::Device& device);

}  // namespace bf::lockdown
