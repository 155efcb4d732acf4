// SPDX-License-Identifier: Apache-2.0
#include "overlays/linux_xattrs.h"

#include <sys/xattr.h>

#include <cerrno>

#include "core/hash/sha256.h"

namespace bf::overlays {
namespace {

constexpr std::string_view kOverlay = "trusted.overlay.";
// The kernel's own limits (XATTR_LIST_MAX, XATTR_SIZE_MAX).
constexpr std::size_t kLargest = 64 << 10;

// There is no f*xattr for symlinks and FIFOs; through /proc, a name relative to a descriptor works
// for every type, and its last part is not followed.
std::string ProcPath(int dir_fd, const std::string& name) {
  return fmt::format("/proc/self/fd/{}/{}", dir_fd, name);
}

}  // namespace

Result<Xattrs> ReadXattrs(int dir_fd, const std::string& name, const std::string& shown) {
  const std::string path = ProcPath(dir_fd, name);
  Xattrs xattrs;
  const ssize_t needed = ::llistxattr(path.c_str(), nullptr, 0);
  if (needed < 0 && (errno == ENOTSUP || errno == EPERM)) return xattrs;
  if (needed < 0) return FailErrno(errno, "list the attributes of {}", shown);
  if (needed == 0) return xattrs;
  std::string list(kLargest, '\0');
  const ssize_t length = ::llistxattr(path.c_str(), list.data(), list.size());
  if (length < 0) return FailErrno(errno, "list the attributes of {}", shown);
  list.resize(static_cast<std::size_t>(length));
  for (std::size_t at = 0; at < list.size();) {
    const std::string key(list.c_str() + at);
    at += key.size() + 1;
    if (key.starts_with(kOverlay)) continue;
    std::string value(kLargest, '\0');
    const ssize_t got = ::lgetxattr(path.c_str(), key.c_str(), value.data(), value.size());
    if (got < 0) return FailErrno(errno, "read the attribute {} of {}", key, shown);
    value.resize(static_cast<std::size_t>(got));
    xattrs.emplace(key, std::move(value));
  }
  return xattrs;
}

Status WriteXattrs(int dir_fd, const std::string& name, const Xattrs& xattrs,
                   const std::string& shown) {
  const std::string path = ProcPath(dir_fd, name);
  for (const auto& [key, value] : xattrs) {
    if (::lsetxattr(path.c_str(), key.c_str(), value.data(), value.size(), 0) != 0)
      return FailErrno(errno, "set the attribute {} of {}", key, shown);
  }
  return {};
}

std::string HashXattrs(const Xattrs& xattrs) {
  if (xattrs.empty()) return {};
  hash::Sha256 hash;
  for (const auto& [key, value] : xattrs)
    hash.Add(fmt::format("{} {} {}\n", key, value.size(), value));
  return hash.Hex();
}

}  // namespace bf::overlays
