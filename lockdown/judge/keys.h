// SPDX-License-Identifier: Apache-2.0
// Which entries can concern a device: all others differ at its bus or ids, and who differs there is
// nobody's near miss. The judge passes over them, and who judges by a compiled policy never reads
// them.
#pragma once

#include <vector>

#include "lockdown/device/device.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown {

// Of what hangs on this bus; null for what it does not have.
KeyRange KeysOn(Bus bus, const device::UsbDevice* usb, const device::HidDevice* hid);
// Of all that a device is made of.
std::vector<KeyRange> KeysOf(const device::Device& device);

}  // namespace bf::lockdown
