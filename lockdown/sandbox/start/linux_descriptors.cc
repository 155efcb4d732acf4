// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/linux_descriptors.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <unistd.h>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::lockdown::sandbox {

Status FillStandardDescriptors() {
  for (;;) {
    host::UniqueFd null(::open("/dev/null", O_RDWR));
    if (!null.valid()) return FailErrno(errno, "open /dev/null");
    if (null.get() > STDERR_FILENO) return {};
    null.Release();
  }
}

Status LimitDescriptors(const Stored& stored, unsigned handed_over) {
  BF_ASSIGN(const host::UniqueFd null, host::Open("/dev/null", O_RDWR));
  const unsigned first = STDERR_FILENO + 1 + handed_over;
  // Those are kept until then: this program still says why it could not start another.
  if (::close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return FailErrno(errno, "close_range");
  for (int fd = 0; fd < 3; ++fd) {
    if (!stored.stdio[fd] && ::dup2(null.get(), fd) < 0) return FailErrno(errno, "dup2");
  }
  return {};
}

}  // namespace bf::lockdown::sandbox
