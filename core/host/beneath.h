// SPDX-License-Identifier: Apache-2.0
// A directory whose content nobody trusts. Every path is resolved by the kernel with
// openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS): a symlink anywhere on the
// way, or a "..", is an error and not a way out. Needs Linux 5.6.
#pragma once

#include <sys/stat.h>

#include <string>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::host {

class Beneath {
 public:
  static Result<Beneath> Open(const std::string& directory);

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

  // `relative` has no leading slash. flags as for open(2); O_CLOEXEC is added.
  Result<UniqueFd> OpenAt(const std::string& relative, int flags, unsigned mode = 0) const;
  // O_PATH, without following a symlink at the end: says what is there.
  Result<struct stat> Stat(const std::string& relative) const;  // ENOENT in sys_errno if absent
  bool Exists(const std::string& relative) const;
  // Creates the missing directories on the way, each 0755 root:root, and the last with `mode` and
  // owner. An existing last one gets mode and owner set too. Returns it opened.
  Result<UniqueFd> MakeDirectory(const std::string& relative, unsigned mode, unsigned uid,
                                 unsigned gid) const;
  Result<std::string> ReadFile(const std::string& relative, std::size_t limit) const;
  // Durable replacement, see ReplaceFileAt. The directory must exist.
  Status ReplaceFile(const std::string& relative, std::string_view content, unsigned mode) const;
  // Removes a file or a whole tree, never following a symlink nor crossing into another mount.
  // Absent is not an error. When something cannot be removed, all the rest is, and the first of it
  // is the error.
  Status RemoveTree(const std::string& relative) const;

 private:
  UniqueFd fd_;
  std::string path_;
};

}  // namespace bf::host
