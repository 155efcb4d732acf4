// SPDX-License-Identifier: Apache-2.0
// Starts a program under a filter that asks this process what becomes of a call
// (SECCOMP_RET_USER_NOTIF, seccomp_unotify(2)).
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"
#include "lockdown/sandbox/filter/bpf.h"
#include "lockdown/sandbox/start/linux_prepare.h"

namespace bf::lockdown::sandbox {

struct Watched {
  pid_t pid = -1;
  host::UniqueFd pidfd;
  host::UniqueFd listener;
  // Ends when the program has been started; a message says why it could not.
  host::UniqueFd starting;
};

// `prepare` runs in the child, and makes it what it is to be. Signals that this process has blocked
// are as `mask` says in the program.
Result<Watched> StartWatched(const Program& filter, const std::vector<std::string>& command,
                             const sigset_t& mask, const std::function<Result<Ready>()>& prepare);

// The message on `starting`, if there is one; nothing once the program runs.
Status ReadStarting(const host::UniqueFd& starting);

}  // namespace bf::lockdown::sandbox
