// SPDX-License-Identifier: Apache-2.0
#include "provision/data/skeleton.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cerrno>

namespace bf::provision::data {
namespace {

constexpr int kMaxAside = 100;

std::string_view TypeName(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFLNK:
      return "a symlink";
    case S_IFREG:
      return "a file";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    case S_IFBLK:
    case S_IFCHR:
      return "a device";
    default:
      return "no directory";
  }
}

std::string Problem(const host::Beneath& data, const SkeletonDirectory& wanted) {
  const auto st = data.Stat(std::string(wanted.path));
  if (!st) {
    if (st.error().sys_errno == ENOENT) return fmt::format("{} is missing", wanted.path);
    // Something in place of a parent: named by the parent's own line.
    return fmt::format("{} cannot be reached", wanted.path);
  }
  if (!S_ISDIR(st->st_mode)) return fmt::format("{} is {}", wanted.path, TypeName(st->st_mode));
  if (st->st_uid != 0 || st->st_gid != 0) {
    return fmt::format("{} belongs to {}:{}", wanted.path, st->st_uid, st->st_gid);
  }
  if ((st->st_mode & 07777) != wanted.mode) {
    return fmt::format("{} has mode {:04o}", wanted.path, st->st_mode & 07777);
  }
  return {};
}

Status MoveAside(const host::Beneath& data, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  BF_ASSIGN(const host::UniqueFd parent,
            data.OpenAt(slash == std::string::npos ? "." : path.substr(0, slash),
                        O_RDONLY | O_DIRECTORY));
  for (int n = 1; n <= kMaxAside; ++n) {
    const std::string aside = fmt::format("{}.aside-{}", name, n);
    if (::renameat2(parent.get(), name.c_str(), parent.get(), aside.c_str(), RENAME_NOREPLACE) ==
        0) {
      return {};
    }
    if (errno != EEXIST) return FailErrno(errno, "move {} aside", path);
  }
  return Fail("move {} aside: {} were moved already", path, kMaxAside);
}

}  // namespace

std::vector<std::string> CheckSkeleton(const host::Beneath& data) {
  std::vector<std::string> problems;
  struct stat top {};
  if (::fstat(data.fd(), &top) == 0 &&
      (top.st_uid != 0 || top.st_gid != 0 || (top.st_mode & 07777) != 0755)) {
    problems.push_back(fmt::format("the top directory is {}:{} {:04o}", top.st_uid, top.st_gid,
                                   top.st_mode & 07777));
  }
  for (const auto& wanted : kSkeleton) {
    if (auto problem = Problem(data, wanted); !problem.empty()) {
      problems.push_back(std::move(problem));
    }
  }
  return problems;
}

Status MakeSkeleton(const host::Beneath& data) {
  if (::fchown(data.fd(), 0, 0) != 0 || ::fchmod(data.fd(), 0755) != 0) {
    return FailErrno(errno, "set owner and mode of {}", data.path());
  }
  for (const auto& wanted : kSkeleton) {
    const std::string path(wanted.path);
    const auto st = data.Stat(path);
    if (st && !S_ISDIR(st->st_mode)) BF_TRY(MoveAside(data, path));
    if (!st && st.error().sys_errno != ENOENT) return Failure(st.error());
    BF_TRY(data.MakeDirectory(path, wanted.mode, 0, 0));
  }
  if (::syncfs(data.fd()) != 0) return FailErrno(errno, "sync {}", data.path());
  return {};
}

}  // namespace bf::provision::data
