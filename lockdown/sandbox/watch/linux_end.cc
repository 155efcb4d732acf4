// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/linux_end.h"

#include <signal.h>
#include <sys/resource.h>

namespace bf::lockdown::sandbox {

int EndLike(const Ended& ended) {
  if (ended.signal == 0) return ended.code;
  // The core that counts is the program's.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(ended.signal, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, ended.signal);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::raise(ended.signal);
  return 128 + ended.signal;
}

}  // namespace bf::lockdown::sandbox
