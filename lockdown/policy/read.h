// SPDX-License-Identifier: Apache-2.0
// The parts of input.toml, each read and checked by itself. For policy.cc.
#pragma once

#include "lockdown/policy/policy.h"

namespace bf::lockdown {

Allow ReadAllow(policy::Reader& reader);
AllowInput ReadAllowInput(policy::Reader& reader);
Filter ReadFilter(policy::Reader& reader);
Console ReadConsole(policy::Reader& reader);
Usb ReadUsb(policy::Reader& reader);
Maintenance ReadMaintenance(policy::Reader& reader);

// What needs the whole file at once: names used twice, entries that no gate could ever match.
void CheckTogether(const Policy& policy, policy::Diagnostics& diagnostics);

// Names of entries: they go into comments, udev properties and messages as they are.
bool GoodName(std::string_view name);
// Text that a device says of itself, and that has to be compared byte for byte by udev and by us.
void CheckDeviceText(const Located<std::string>& text, std::string_view key,
                     policy::Diagnostics& diagnostics);

}  // namespace bf::lockdown
