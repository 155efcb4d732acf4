// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lockdown/sandbox/filter/bpf.h"

namespace bf::lockdown::sandbox {

// The same filter, but for what it denies: that is asked about (SECCOMP_RET_USER_NOTIF). With
// nobody there to be asked, the kernel answers ENOSYS.
Program NotifyingDenials(Program program);
// Asks about every call.
Program NotifyingAll();

}  // namespace bf::lockdown::sandbox
