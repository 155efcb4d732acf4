// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/model/change.h"
#include "core/error/error.h"

namespace bf::boot {

// Asks systemd for it, which stops services and unmounts first. A trial is the one argument
// "0 tryboot", which reaches reboot(2) as it is.
Status AskForReboot(Reboot reboot);

}  // namespace bf::boot
