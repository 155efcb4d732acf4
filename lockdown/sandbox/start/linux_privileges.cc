// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/linux_privileges.h"

#include <cap-ng.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/host/file.h"
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/start/privileges.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::uint64_t kSetPcap = std::uint64_t{1} << CAP_SETPCAP;
constexpr std::uint64_t kSetUid = std::uint64_t{1} << CAP_SETUID;
// User 0 is worth nothing, whatever is started, and ambient is all that there will be.
constexpr int kNobody = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                        SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

Result<Privileges> Now() {
  BF_ASSIGN(const std::string text, host::ReadFile("/proc/self/status"));
  return ReadStatus(text);
}

Status Put(capng_type_t types, std::uint64_t set) {
  for (unsigned number = 0; number < 64; ++number) {
    if ((set >> number & 1U) == 0) continue;
    if (::capng_update(CAPNG_ADD, types, number) != 0)
      return Fail("the kernel has no capability {}", number);
  }
  return {};
}

// What libcap-ng is told is all that there is to be; `select` says which part is applied.
Status Apply(capng_select_t select, const Privileges& wanted, std::string_view what) {
  ::capng_clear(CAPNG_SELECT_ALL);
  BF_TRY(Put(CAPNG_INHERITABLE, wanted.inheritable));
  BF_TRY(Put(CAPNG_PERMITTED, wanted.permitted));
  BF_TRY(Put(CAPNG_EFFECTIVE, wanted.effective));
  BF_TRY(Put(CAPNG_BOUNDING_SET, wanted.bounding));
  BF_TRY(Put(CAPNG_AMBIENT, wanted.ambient));
  errno = 0;
  if (const int code = ::capng_apply(select); code != 0)
    return FailErrno(errno, "{} cannot be set (libcap-ng: {})", what, code);
  return {};
}

bool IsRoot() {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  return ::getresuid(&real, &effective, &saved) == 0 && real == 0 && effective == 0;
}
bool MayBecomeRoot() {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  return ::getresuid(&real, &effective, &saved) != 0 || real == 0 || effective == 0 || saved == 0;
}

Status LockSecureBits(const Stored& stored, bool may) {
  if (!stored.root_is_nobody()) return {};
  if (may) {
    const int now = ::prctl(PR_GET_SECUREBITS);
    if (now < 0) return FailErrno(errno, "securebits");
    if (::prctl(PR_SET_SECUREBITS, now | kNobody) != 0) return FailErrno(errno, "lock securebits");
  }
  return {};
}

}  // namespace

Status GiveUpPrivileges(const Stored& stored) {
  const Privileges wanted = WantedOf(stored);
  BF_ASSIGN(const Privileges had, Now());
  if ((wanted.permitted & ~had.permitted) != 0)
    return FailKind(ErrorKind::kRefused, "the profile keeps {}, which this process has not got",
                    CapabilityNames(wanted.permitted & ~had.permitted));
  if ((wanted.bounding & ~had.bounding) != 0)
    return FailKind(ErrorKind::kRefused, "the bounding set lacks {}, which the profile has",
                    CapabilityNames(wanted.bounding & ~had.bounding));
  const bool may = (had.effective & kSetPcap) != 0;
  if (wanted.bounding != had.bounding) {
    if (!may)
      return FailKind(ErrorKind::kRefused,
                      "the bounding set also has {}, and without CAP_SETPCAP that stays: start as "
                      "root, or let the unit set CapabilityBoundingSet=",
                      CapabilityNames(had.bounding & ~wanted.bounding));
    BF_TRY(Apply(CAPNG_SELECT_BOUNDS, wanted, "the bounding set"));
  }
  // Ambient can only be what is permitted and inheritable, and securebits need one capability more.
  Privileges between = wanted;
  between.permitted |= had.permitted & kSetPcap;
  between.effective |= had.effective & kSetPcap;
  BF_TRY(Apply(CAPNG_SELECT_CAPS, between, "capabilities"));
  BF_TRY(Apply(CAPNG_SELECT_AMBIENT, wanted, "ambient capabilities"));
  BF_TRY(LockSecureBits(stored, may));
  BF_TRY(Apply(CAPNG_SELECT_CAPS, wanted, "capabilities"));
  if (stored.no_new_privs && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return FailErrno(errno, "no_new_privs");
  return {};
}

Status CheckPrivileges(const Stored& stored) {
  BF_ASSIGN(const Privileges now, Now());
  BF_TRY(RequireSame(now, WantedOf(stored)));
  const int bits = ::prctl(PR_GET_SECUREBITS);
  if (bits < 0) return FailErrno(errno, "securebits");
  if (stored.root_is_nobody()) {
    const bool root_may_come =
        MayBecomeRoot() || !stored.no_new_privs || (stored.permitted & kSetUid) != 0;
    if (root_may_come && (bits & kNobody) != kNobody)
      return FailKind(ErrorKind::kRefused,
                      "user 0 would have the whole bounding set again: without CAP_SETPCAP that "
                      "cannot be locked");
    return {};
  }
  if (!IsRoot() || (bits & SECBIT_NOROOT) != 0)
    return FailKind(ErrorKind::kRefused,
                    "the profile gives user 0 its bounding set: started as another user, or with "
                    "noroot, the program would have nothing");
  return {};
}

}  // namespace bf::lockdown::sandbox
