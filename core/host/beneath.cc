// SPDX-License-Identifier: Apache-2.0
#include "core/host/beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/host/file.h"

namespace bf::host {
namespace {

// Each level of a tree that is being removed costs two descriptors and some stack.
constexpr int kMaxDepth = 64;

int OpenAt2(int dir_fd, const char* path, std::uint64_t flags, std::uint64_t mode,
            std::uint64_t resolve) {
  struct open_how how {};
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(::syscall(SYS_openat2, dir_fd, path, &how, sizeof how));
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

// A directory whose quota project is inherited takes in no entry of another project (EXDEV), and
// the owner of what is below may have given it any. Where there are no projects there is nothing to
// do.
void LetEntriesIn(int dir_fd) {
  fsxattr attributes{};
  if (::ioctl(dir_fd, FS_IOC_FSGETXATTR, &attributes) != 0) return;
  if ((attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) == 0) return;
  attributes.fsx_xflags &= ~static_cast<decltype(attributes.fsx_xflags)>(FS_XFLAG_PROJINHERIT);
  (void)::ioctl(dir_fd, FS_IOC_FSSETXATTR, &attributes);
}

// Empties a directory. A hostile tree may be deeper than we have descriptors or stack for: what
// lies below kMaxDepth is moved up into the top and removed from there. What cannot be removed does
// not keep the rest: the first failure is told at the end.
class Removal {
 public:
  // `device` is that of the tree: an entry on another one is a mount, not content.
  Removal(int top, dev_t device, const std::string& shown)
      : top_(top), device_(device), shown_(shown) {}

  Status Run() {
    LetEntriesIn(top_);
    // Ends: every move takes a directory out of another one, and none is ever put into one below.
    Status status;
    do {
      moved_ = false;
      status = Contents(top_, shown_, 0);
    } while (moved_);
    return status;
  }

 private:
  Status Contents(int dir_fd, const std::string& shown, int depth) {
    const int copy = ::fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return FailErrno(errno, "open {}", shown);
    std::unique_ptr<DIR, DirCloser> dir(::fdopendir(copy));
    if (dir == nullptr) {
      ::close(copy);
      return FailErrno(errno, "list {}", shown);
    }
    // The offset is shared with `dir_fd`, which an earlier pass has read to its end.
    ::rewinddir(dir.get());
    Status first;
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(dir.get());
      if (entry == nullptr) {
        if (errno != 0 && first) first = FailErrno(errno, "list {}", shown);
        return first;
      }
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      Status removed = Entry(dir_fd, entry->d_name, fmt::format("{}/{}", shown, name), depth);
      if (!removed && first) first = std::move(removed);
    }
  }

  Status Entry(int dir_fd, const char* name, const std::string& shown, int depth) {
    if (::unlinkat(dir_fd, name, 0) == 0) return {};
    if (errno != EISDIR) return FailErrno(errno, "remove {}", shown);
    UniqueFd child(::openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!child.valid()) return FailErrno(errno, "open {}", shown);
    struct stat st {};
    if (::fstat(child.get(), &st) != 0) return FailErrno(errno, "stat {}", shown);
    if (st.st_dev != device_) return Fail("{} is a mount point, it is not removed", shown);
    if (depth == kMaxDepth) return MoveUp(dir_fd, name, shown);
    BF_TRY(Contents(child.get(), shown, depth + 1));
    if (::unlinkat(dir_fd, name, AT_REMOVEDIR) != 0) return FailErrno(errno, "remove {}", shown);
    return {};
  }

  Status MoveUp(int dir_fd, const char* name, const std::string& shown) {
    while (true) {
      const std::string up = fmt::format(".removed.{}", serial_++);
      if (::renameat2(dir_fd, name, top_, up.c_str(), RENAME_NOREPLACE) == 0) break;
      if (errno != EEXIST) return FailErrno(errno, "remove {}", shown);
    }
    moved_ = true;
    return {};
  }

  int top_;
  dev_t device_;
  const std::string& shown_;
  bool moved_ = false;
  unsigned serial_ = 0;
};

std::pair<std::string, std::string> SplitLast(const std::string& relative) {
  const auto slash = relative.rfind('/');
  if (slash == std::string::npos) return {".", relative};
  return {relative.substr(0, slash), relative.substr(slash + 1)};
}

}  // namespace

Result<Beneath> Beneath::Open(const std::string& directory) {
  Beneath beneath;
  BF_ASSIGN(beneath.fd_, host::Open(directory, O_RDONLY | O_DIRECTORY));
  beneath.path_ = directory;
  return beneath;
}

Result<UniqueFd> Beneath::OpenAt(const std::string& relative, int flags, unsigned mode) const {
  constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  // The kernel refuses a mode without O_CREAT or O_TMPFILE.
  const bool creates = (flags & O_CREAT) != 0;
  // EAGAIN: a rename or mount raced with the resolution, and the kernel could not be sure.
  for (int attempt = 0;; ++attempt) {
    const int fd =
        OpenAt2(fd_.get(), relative.c_str(), static_cast<std::uint64_t>(flags | O_CLOEXEC),
                creates ? mode : 0, kResolve);
    if (fd >= 0) return UniqueFd(fd);
    if (errno == EAGAIN && attempt < 16) continue;
    if (errno == ELOOP) {
      return FailErrno(ELOOP, "open {}/{}: a symlink is on the way", path_, relative);
    }
    return FailErrno(errno, "open {}/{}", path_, relative);
  }
}

Result<struct stat> Beneath::Stat(const std::string& relative) const {
  BF_ASSIGN(const UniqueFd fd, OpenAt(relative, O_PATH | O_NOFOLLOW));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return FailErrno(errno, "stat {}/{}", path_, relative);
  return st;
}

bool Beneath::Exists(const std::string& relative) const { return Stat(relative).has_value(); }

Result<UniqueFd> Beneath::MakeDirectory(const std::string& relative, unsigned mode, unsigned uid,
                                        unsigned gid) const {
  BF_ASSIGN(UniqueFd current, OpenAt(".", O_RDONLY | O_DIRECTORY));
  std::size_t begin = 0;
  while (begin < relative.size()) {
    const std::size_t end = std::min(relative.find('/', begin), relative.size());
    const std::string so_far = relative.substr(0, end);
    const std::string name = relative.substr(begin, end - begin);
    // 0700 until mode and owner are right: nobody gets in between.
    const bool made = ::mkdirat(current.get(), name.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return FailErrno(errno, "create {}/{}", path_, so_far);
    BF_ASSIGN(UniqueFd next, OpenAt(so_far, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    const bool last = end == relative.size();
    if (made || last) {
      struct stat st {};
      if (::fstat(next.get(), &st) != 0) return FailErrno(errno, "stat {}/{}", path_, so_far);
      const unsigned want_uid = last ? uid : 0;
      const unsigned want_gid = last ? gid : 0;
      const unsigned want_mode = last ? mode : 0755;
      // chown first: it clears set-id bits that the mode may ask for.
      if ((st.st_uid != want_uid || st.st_gid != want_gid) &&
          ::fchown(next.get(), want_uid, want_gid) != 0) {
        return FailErrno(errno, "set the owner of {}/{}", path_, so_far);
      }
      if ((st.st_mode & 07777) != want_mode && ::fchmod(next.get(), want_mode) != 0) {
        return FailErrno(errno, "set the mode of {}/{}", path_, so_far);
      }
    }
    current = std::move(next);
    begin = end + 1;
  }
  return current;
}

Result<std::string> Beneath::ReadFile(const std::string& relative, std::size_t limit) const {
  // O_NONBLOCK: a planted FIFO must not make us wait for a writer.
  BF_ASSIGN(const UniqueFd fd, OpenAt(relative, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return FailErrno(errno, "stat {}/{}", path_, relative);
  if (!S_ISREG(st.st_mode)) return Fail("{}/{} is not a regular file", path_, relative);
  return ReadAll(fd.get(), fmt::format("{}/{}", path_, relative), limit);
}

Status Beneath::ReplaceFile(const std::string& relative, std::string_view content,
                            unsigned mode) const {
  const auto [dir, name] = SplitLast(relative);
  BF_ASSIGN(const UniqueFd dir_fd, OpenAt(dir, O_RDONLY | O_DIRECTORY));
  return ReplaceFileAt(dir_fd.get(), name, content, mode, fmt::format("{}/{}", path_, relative));
}

Status Beneath::RemoveTree(const std::string& relative) const {
  const auto [dir, name] = SplitLast(relative);
  const std::string shown = fmt::format("{}/{}", path_, relative);
  auto parent = OpenAt(dir, O_RDONLY | O_DIRECTORY);
  if (!parent) {
    if (parent.error().sys_errno == ENOENT) return {};
    return Failure(std::move(parent).error());
  }
  if (::unlinkat(parent->get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return FailErrno(errno, "remove {}", shown);
  UniqueFd top(
      ::openat(parent->get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top.valid()) return FailErrno(errno, "open {}", shown);
  struct stat st {};
  struct stat parent_st {};
  if (::fstat(top.get(), &st) != 0 || ::fstat(parent->get(), &parent_st) != 0) {
    return FailErrno(errno, "stat {}", shown);
  }
  if (st.st_dev != parent_st.st_dev) return Fail("{} is a mount point, it is not removed", shown);
  BF_TRY(Removal(top.get(), st.st_dev, shown).Run());
  if (::unlinkat(parent->get(), name.c_str(), AT_REMOVEDIR) != 0) {
    return FailErrno(errno, "remove {}", shown);
  }
  return {};
}

}  // namespace bf::host
