// SPDX-License-Identifier: Apache-2.0
// Carries out one action: writes, reads back, and takes back what did not take as it was asked for.
#pragma once

#include "lockdown/apply/action.h"
#include "lockdown/apply/kernel.h"

namespace bf::lockdown {

// An error that IsGone() says the device was unplugged: then there is nothing left to shut.
Status Act(Kernel& kernel, const Action& action);

}  // namespace bf::lockdown
