// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lockdown/sandbox/watch/linux_watch.h"

namespace bf::lockdown::sandbox {

// Ends this process as the program ended, if a signal ended that: whoever waits for this one sees
// no difference. Otherwise returns the exit code.
int EndLike(const Ended& ended);

}  // namespace bf::lockdown::sandbox
