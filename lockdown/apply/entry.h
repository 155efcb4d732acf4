// SPDX-License-Identifier: Apache-2.0
// The [[allow]] entry that would let a device in, ready to paste into input.toml: everything that
// can be read off it. Reason and owner are for a person to write.
#pragma once

#include <string>

#include "lockdown/device/device.h"

namespace bf::lockdown {

std::string EntryFor(const device::Device& device);

// Whether it could bring input at all: a HID interface, a HID device or an input node.
bool CouldBringInput(const device::Device& device);

}  // namespace bf::lockdown
