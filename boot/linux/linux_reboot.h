// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/model/change.h"
#include "core/error/error.h"

namespace bf::boot {

// Asks systemd for it, which stops services and unmounts first. A trial is the one argument
// "0 tryboot", which reaches reboot(2) as it is.
Status AskForReboot(Reboot reboot);
// An ordinary one that nothing keeps back: where systemd does not take the order, at once, which is
// no worse for the disk than a power cut. Returns only where even that failed, or systemd is on it.
Status InsistOnReboot();

}  // namespace bf::boot
