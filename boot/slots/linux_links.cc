// SPDX-License-Identifier: Apache-2.0
#include "boot/slots/linux_links.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/host/file.h"

namespace bf::boot::slots {
namespace {

Status MakeDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return FailErrno(errno, "create {}", path);
  }
  return {};
}

}  // namespace

Status MakeLinks(const std::string& root, const std::vector<Link>& links) {
  const std::string directory = host::Under(root, kDirectory);
  BF_TRY(MakeDirectory(directory.substr(0, directory.rfind('/'))));
  BF_TRY(MakeDirectory(directory));
  for (const Link& link : links) {
    // By rename: whoever resolves it meanwhile sees the old one or the new one.
    const std::string path = directory + "/" + link.name;
    const std::string fresh = path + ".new";
    if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return FailErrno(errno, "{}", fresh);
    if (::symlink(link.target.c_str(), fresh.c_str()) != 0) return FailErrno(errno, "{}", fresh);
    if (::rename(fresh.c_str(), path.c_str()) != 0) return FailErrno(errno, "{}", path);
  }
  return {};
}

}  // namespace bf::boot::slots
