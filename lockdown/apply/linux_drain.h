// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/error/error.h"

namespace bf::lockdown {

// Keys that a device queued by itself while it was inhibited arrive when it no longer is. So its
// event node is grabbed, which keeps all other handlers (VT, SysRq, whoever has it open) from
// seeing anything, then it is released, read until nothing more comes, and let go.
// `number` is what sysfs says the node is: "13:67". `inhibited_fd` is the attribute.
Status DrainAndRelease(const std::string& node, const std::string& number, int inhibited_fd);

// What a process does that runs out of time in the middle of it: inhibits again, and ends.
void InhibitOnAlarm();

}  // namespace bf::lockdown
