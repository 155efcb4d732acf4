// SPDX-License-Identifier: Apache-2.0
#include "lockdown/wayland/linux_privileges.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

namespace bf::lockdown::wayland {
namespace {

// The user that Linux itself means by nobody; systemd and Debian name it so.
constexpr uid_t kNobody = 65534;

Status Limit(__rlimit_resource what, rlim_t most) {
  const rlimit limit{most, most};
  if (::setrlimit(what, &limit) != 0) return FailErrno(errno, "limits");
  return {};
}

}  // namespace

Status GiveUpPrivileges() {
  BF_TRY(Limit(RLIMIT_CORE, 0));
  BF_TRY(Limit(RLIMIT_NPROC, 0));
  BF_TRY(Limit(RLIMIT_CPU, 2));
  BF_TRY(Limit(RLIMIT_AS, 256 << 20));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return FailErrno(errno, "no_new_privs");
  if (::geteuid() != 0) return {};
  // Groups first: afterwards nobody may. The capabilities go with the last user id.
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0)
    return FailErrno(errno, "become nobody");
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  if (::getresuid(&real, &effective, &saved) != 0 || real != kNobody || effective != kNobody ||
      saved != kNobody || ::setresuid(0, 0, 0) == 0)
    return Fail("this process is still somebody");
  return {};
}

}  // namespace bf::lockdown::wayland
