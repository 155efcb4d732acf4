// SPDX-License-Identifier: Apache-2.0
#include "provision/state/linux_seed.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::provision::state {
namespace {

using host::UniqueFd;

// The image is ours and flat; a deeper tree is a mistake, and each level holds two descriptors.
constexpr int kMaxDepth = 64;

Result<std::vector<std::string>> NamesIn(int directory, const std::string& shown) {
  UniqueFd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again.valid()) return FailErrno(errno, "open {}", shown);
  DIR* stream = ::fdopendir(again.get());
  if (stream == nullptr) return FailErrno(errno, "open {}", shown);
  (void)again.Release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int code = errno;
  ::closedir(stream);
  if (code != 0) return FailErrno(code, "list {}", shown);
  return names;
}

Status CopyXattrs(int from, int to, const std::string& shown) {
  std::array<char, 4096> list;
  const ssize_t length = ::flistxattr(from, list.data(), list.size());
  if (length < 0) {
    if (errno == EOPNOTSUPP) return {};
    return FailErrno(errno, "list the extended attributes of {}", shown);
  }
  std::string_view names(list.data(), static_cast<std::size_t>(length));
  while (!names.empty()) {
    const std::string name(names.data());
    names.remove_prefix(name.size() + 1);
    std::vector<char> value(64 << 10);
    const ssize_t size = ::fgetxattr(from, name.c_str(), value.data(), value.size());
    if (size < 0) return FailErrno(errno, "read {} of {}", name, shown);
    // A tmpfs in place of BF_DATA knows fewer kinds; the service can do without for one boot.
    if (::fsetxattr(to, name.c_str(), value.data(), static_cast<std::size_t>(size), 0) != 0 &&
        errno != EOPNOTSUPP) {
      return FailErrno(errno, "copy {} of {}", name, shown);
    }
  }
  return {};
}

struct TreeCopy {
  dev_t device;  // of the image; nothing is copied from other mounts
  std::vector<std::string>& left_out;

  Status Directory(int from, int to, const std::string& shown, int depth) {
    if (depth > kMaxDepth) return Fail("{} is nested too deeply", shown);
    BF_ASSIGN(const std::vector<std::string> names, NamesIn(from, shown));
    for (const std::string& name : names) BF_TRY(One(from, to, name, shown + "/" + name, depth));
    return {};
  }

  Status One(int from, int to, const std::string& name, const std::string& shown, int depth) {
    struct stat status {};
    if (::fstatat(from, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      return FailErrno(errno, "look at {}", shown);
    }
    if (status.st_dev != device) {
      left_out.push_back(fmt::format("{} is on another mount and was not copied", shown));
      return {};
    }
    switch (status.st_mode & S_IFMT) {
      case S_IFDIR:
        return SubDirectory(from, to, name, shown, depth);
      case S_IFREG:
        return File(from, to, name, shown);
      case S_IFLNK:
        return Symlink(from, to, name, shown, status);
      default:
        left_out.push_back(
            fmt::format("{} is not a file, directory or symbolic link and was not "
                        "copied",
                        shown));
        return {};
    }
  }

  Status SubDirectory(int from, int to, const std::string& name, const std::string& shown,
                      int depth) {
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd source(::openat(from, name.c_str(), flags));
    if (!source.valid()) return FailErrno(errno, "open {}", shown);
    if (::mkdirat(to, name.c_str(), 0700) != 0) return FailErrno(errno, "copy {}", shown);
    UniqueFd copy(::openat(to, name.c_str(), flags));
    if (!copy.valid()) return FailErrno(errno, "open the copy of {}", shown);
    BF_TRY(Directory(source.get(), copy.get(), shown, depth + 1));
    return CopyAttributes(source.get(), copy.get(), shown);
  }

  Status File(int from, int to, const std::string& name, const std::string& shown) {
    UniqueFd source(::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!source.valid()) return FailErrno(errno, "open {}", shown);
    UniqueFd copy(
        ::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!copy.valid()) return FailErrno(errno, "copy {}", shown);
    BF_TRY(CopyContent(source.get(), copy.get(), shown));
    return CopyAttributes(source.get(), copy.get(), shown);
  }

  static Status Symlink(int from, int to, const std::string& name, const std::string& shown,
                        const struct stat& status) {
    std::array<char, 4096> text;
    const ssize_t length = ::readlinkat(from, name.c_str(), text.data(), text.size() - 1);
    if (length < 0) return FailErrno(errno, "read {}", shown);
    text[static_cast<std::size_t>(length)] = '\0';
    if (::symlinkat(text.data(), to, name.c_str()) != 0 ||
        ::fchownat(to, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
      return FailErrno(errno, "copy {}", shown);
    }
    return {};
  }
};

}  // namespace

Status CopyContent(int from, int to, const std::string& shown) {
  std::vector<char> buffer(256 << 10);
  for (;;) {
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return FailErrno(errno, "read {}", shown);
    }
    if (count == 0) return {};
    BF_TRY(host::WriteAll(to, {buffer.data(), static_cast<std::size_t>(count)}, shown));
  }
}

Status CopyAttributes(int from, int to, const std::string& shown) {
  struct stat status {};
  if (::fstat(from, &status) != 0) return FailErrno(errno, "look at {}", shown);
  // Owner before mode, because chown clears set-id bits; extended attributes before times.
  if (::fchown(to, status.st_uid, status.st_gid) != 0 ||
      ::fchmod(to, status.st_mode & 07777U) != 0) {
    return FailErrno(errno, "set owner and mode of the copy of {}", shown);
  }
  BF_TRY(CopyXattrs(from, to, shown));
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (::futimens(to, times) != 0) return FailErrno(errno, "set the time of the copy of {}", shown);
  return {};
}

Status CopyTree(int from, int to, const std::string& shown, std::vector<std::string>& left_out) {
  struct stat status {};
  if (::fstat(from, &status) != 0) return FailErrno(errno, "look at {}", shown);
  return TreeCopy{status.st_dev, left_out}.Directory(from, to, shown, 0);
}

}  // namespace bf::provision::state
