// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/linux_trusted.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::lockdown::sandbox {
namespace {

Status RequireOwn(int fd, mode_t type, uid_t owner, const std::string& shown) {
  struct stat stat {};
  if (::fstat(fd, &stat) != 0) return FailErrno(errno, "{}", shown);
  if (S_ISLNK(stat.st_mode)) return FailKind(ErrorKind::kRefused, "{} is a symlink", shown);
  if ((stat.st_mode & S_IFMT) != type)
    return FailKind(ErrorKind::kRefused, "{} is not a {}", shown,
                    type == S_IFDIR ? "directory" : "plain file");
  if (stat.st_uid != owner)
    return FailKind(ErrorKind::kRefused, "{} belongs to user {}, not to {}", shown, stat.st_uid,
                    owner);
  // The group bits also are the mask of an access list.
  if ((stat.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return FailKind(ErrorKind::kRefused, "{} is writable by others (mode {:04o})", shown,
                    stat.st_mode & 07777U);
  return {};
}

// O_PATH opens a symlink as what it is; the others say ELOOP.
Result<host::UniqueFd> Step(int at, const std::string& name, int flags, const std::string& shown) {
  host::UniqueFd fd(::openat(at, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  if (fd.valid()) return fd;
  const int code = errno;
  if (code == ELOOP) return FailKind(ErrorKind::kRefused, "{} is a symlink", shown);
  return FailErrno(code, "{}", shown);
}

}  // namespace

Result<std::string> ReadTrusted(const std::string& root, std::string_view absolute_path,
                                std::size_t limit, uid_t owner) {
  BF_ASSIGN(host::UniqueFd at, host::Open(root, O_PATH | O_DIRECTORY));
  BF_TRY(RequireOwn(at.get(), S_IFDIR, owner, root));
  std::string shown = host::Under(root, "/");
  std::string_view rest = absolute_path.substr(1);
  for (;;) {
    const auto slash = rest.find('/');
    const std::string name(rest.substr(0, slash));
    shown += name;
    if (slash == rest.npos) {
      BF_ASSIGN(const host::UniqueFd file,
                Step(at.get(), name, O_RDONLY | O_NONBLOCK | O_NOCTTY, shown));
      BF_TRY(RequireOwn(file.get(), S_IFREG, owner, shown));
      return host::ReadAll(file.get(), shown, limit);
    }
    BF_ASSIGN(at, Step(at.get(), name, O_PATH, shown));
    BF_TRY(RequireOwn(at.get(), S_IFDIR, owner, shown));
    shown += '/';
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace bf::lockdown::sandbox
