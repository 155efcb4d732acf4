// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error/error.h"
#include "lockdown/sandbox/start/stored.h"

namespace bf::lockdown::sandbox {

// Leaves the process with the capabilities of the profile, for it and whatever it starts. Gives up
// as much as it may even where it ends in an error, and then nothing must be started.
Status GiveUpPrivileges(const Stored& stored);

// As the kernel has them now: an error unless they are those of the profile, and execve(2) keeps
// them so.
Status CheckPrivileges(const Stored& stored);

}  // namespace bf::lockdown::sandbox
