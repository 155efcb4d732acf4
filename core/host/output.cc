// SPDX-License-Identifier: Apache-2.0
#include "core/host/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>

#include "core/host/file.h"

namespace bf::host {
namespace {

enum class Kind { kFile, kStream, kDescriptor };

struct Target {
  Kind kind = Kind::kFile;
  int descriptor = -1;
};

// Opening these by their paths would not do for a socket, and would cut what a plain file has.
std::optional<int> Descriptor(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view directory : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(directory)) continue;
    const auto digits = path.substr(directory.size());
    int number = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc{} && end == digits.data() + digits.size() && number >= 0) return number;
  }
  return std::nullopt;
}

std::string DirectoryOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status CheckDirectory(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  struct stat stat {};
  if (::stat(directory.c_str(), &stat) != 0 || !S_ISDIR(stat.st_mode))
    return FailKind(ErrorKind::kUsage, "{}: there is no directory {}", path, directory);
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    return FailKind(ErrorKind::kUsage, "{}: nothing can be written in {}", path, directory);
  return {};
}

Result<Target> TargetOf(const std::string& path) {
  if (const auto descriptor = Descriptor(path)) {
    const int flags = ::fcntl(*descriptor, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
      return FailKind(ErrorKind::kUsage, "{} is not open for writing", path);
    return Target{Kind::kDescriptor, *descriptor};
  }
  if (path.empty() || path.ends_with('/'))
    return FailKind(ErrorKind::kUsage, "\"{}\" is not the name of a file", path);
  struct stat stat {};
  if (::lstat(path.c_str(), &stat) != 0) {
    if (errno != ENOENT) return FailKind(ErrorKind::kUsage, "{}: no such directory", path);
    BF_TRY(CheckDirectory(path));
    return Target{};
  }
  switch (stat.st_mode & S_IFMT) {
    case S_IFREG:
      BF_TRY(CheckDirectory(path));
      return Target{};
    case S_IFCHR:
    case S_IFIFO:
      if (::access(path.c_str(), W_OK) != 0)
        return FailKind(ErrorKind::kUsage, "{} cannot be written to", path);
      return Target{Kind::kStream, -1};
    case S_IFLNK:
      return FailKind(ErrorKind::kUsage, "{} is a symlink; name the file that it leads to", path);
    case S_IFDIR:
      return FailKind(ErrorKind::kUsage, "{} is a directory, not a file", path);
    default:
      return FailKind(ErrorKind::kUsage, "{} is a block device or a socket, not a file", path);
  }
}

}  // namespace

Status CheckOutput(const std::string& path) {
  BF_TRY(TargetOf(path));
  return {};
}

Status WriteOutput(const std::string& path, std::string_view content, unsigned mode) {
  BF_ASSIGN(const Target target, TargetOf(path));
  if (target.kind == Kind::kDescriptor) return WriteAll(target.descriptor, content, path);
  if (target.kind == Kind::kFile) return ReplaceFile(path, content, mode);
  BF_ASSIGN(const UniqueFd fd, Open(path, O_WRONLY | O_NOCTTY | O_NOFOLLOW));
  return WriteAll(fd.get(), content, path);
}

}  // namespace bf::host
