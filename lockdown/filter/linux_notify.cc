// SPDX-License-Identifier: Apache-2.0
#include "lockdown/filter/linux_notify.h"

#include <systemd/sd-daemon.h>

namespace bf::lockdown::filter {

Status NotifyReady() {
  const int sent = ::sd_notify(0, "READY=1");
  if (sent < 0) return FailErrno(-sent, "say that it is ready");
  return {};
}

}  // namespace bf::lockdown::filter
