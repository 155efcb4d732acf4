// SPDX-License-Identifier: Apache-2.0
#include "provision/state/linux_project.h"

#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/fd.h"
#include "core/host/file.h"
#include "provision/state/linux_quota.h"

namespace bf::provision::state {
namespace {

using host::UniqueFd;

Status SetOne(int parent, const char* name, const struct stat& seen, std::uint32_t project,
              const std::string& shown) {
  const bool directory = S_ISDIR(seen.st_mode);
  UniqueFd fd(
      ::openat(parent, name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (directory ? O_DIRECTORY : 0)));
  if (!fd.valid()) return FailErrno(errno, "open {}", shown);
  return AssignProject(fd.get(), project, directory, shown);
}

}  // namespace

Status SetProjectOfTree(int top, std::uint32_t project, const std::string& shown) {
  // fts changes directory as it goes down, so depth costs neither descriptors nor path length; the
  // walk starts at the opened top, whatever its name is by now.
  UniqueFd back(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!back.valid() || ::fchdir(top) != 0) return FailErrno(errno, "enter {}", shown);
  char here[] = ".";
  char* roots[] = {here, nullptr};
  FTS* walk = ::fts_open(roots, FTS_PHYSICAL | FTS_XDEV, nullptr);
  Status status;
  while (status && walk != nullptr) {
    errno = 0;
    FTSENT* entry = ::fts_read(walk);
    if (entry == nullptr) {
      if (errno != 0) status = FailErrno(errno, "walk {}", shown);
      break;
    }
    if (entry->fts_level == FTS_ROOTLEVEL) continue;
    switch (entry->fts_info) {
      case FTS_D:
      case FTS_F:
        if (entry->fts_info == FTS_F &&
            (!S_ISREG(entry->fts_statp->st_mode) || entry->fts_statp->st_nlink != 1)) {
          break;
        }
        status = SetOne(AT_FDCWD, entry->fts_accpath, *entry->fts_statp, project, shown);
        break;
      case FTS_DNR:
      case FTS_ERR:
      case FTS_NS:
        status = FailErrno(entry->fts_errno, "walk {}", shown);
        break;
      default:
        break;
    }
  }
  if (walk != nullptr) ::fts_close(walk);
  if (::fchdir(back.get()) != 0 && status) status = FailErrno(errno, "leave {}", shown);
  if (!status) return status;
  BF_TRY(AssignProject(top, project, true, shown));
  return host::Sync(top, shown);
}

}  // namespace bf::provision::state
