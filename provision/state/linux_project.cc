// SPDX-License-Identifier: Apache-2.0
#include "provision/state/linux_project.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/fd.h"
#include "core/host/file.h"
#include "provision/state/linux_quota.h"

namespace bf::provision::state {
namespace {

using host::UniqueFd;
using Clock = std::chrono::steady_clock;

// Each level costs a descriptor and 32 KiB.
constexpr std::size_t kMaxDepth = 128;
// "trusted.": the owner of the directory cannot remove it.
constexpr const char* kMark = "trusted.betterframe.project-walk";

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

class Walk {
 public:
  Walk(std::uint32_t project, Clock::time_point deadline, const std::string& shown)
      : project_(project), deadline_(deadline), shown_(shown) {}

  // False when the time was up. An error is the first of them; the rest of the tree was done.
  Result<bool> Run(int top) {
    UniqueFd copy(::openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!copy.valid()) return FailErrno(errno, "open {}", shown_);
    Descend(std::move(copy));
    while (!open_.empty()) {
      if (Clock::now() >= deadline_) return false;
      errno = 0;
      const dirent* entry = ::readdir(open_.back().get());
      if (entry == nullptr) {
        if (errno != 0) Note("list");
        open_.pop_back();
        continue;
      }
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") Visit(*entry);
    }
    if (!first_) return Failure(std::move(first_).error());
    return true;
  }

  bool too_deep() const { return too_deep_; }

 private:
  void Note(const char* doing) {
    if (first_) first_ = FailErrno(errno, "{} something in {}", doing, shown_);
  }

  void Descend(UniqueFd fd) {
    std::unique_ptr<DIR, DirCloser> dir(::fdopendir(fd.get()));
    if (dir == nullptr) return Note("list");
    (void)fd.Release();
    open_.push_back(std::move(dir));
  }

  void Visit(const dirent& entry) {
    const int parent = ::dirfd(open_.back().get());
    struct stat status {};
    if (::fstatat(parent, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) Note("look at");
      return;
    }
    const bool directory = S_ISDIR(status.st_mode);
    // Opening a FIFO would wait and opening a device would act.
    if (!directory && !S_ISREG(status.st_mode)) return;
    if (!directory && status.st_nlink != 1) return;
    struct open_how how {};
    how.flags = static_cast<std::uint64_t>(O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
                                           (directory ? O_DIRECTORY : 0));
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, parent, entry.d_name, &how, sizeof how)));
    if (!fd.valid()) {
      if (errno != EXDEV && errno != ENOENT) Note("open");
      return;
    }
    if (auto assigned = AssignProject(fd.get(), project_, directory, shown_); !assigned && first_) {
      first_ = std::move(assigned);
    }
    if (!directory) return;
    if (open_.size() < kMaxDepth) return Descend(std::move(fd));
    too_deep_ = true;
  }

  std::uint32_t project_;
  Clock::time_point deadline_;
  const std::string& shown_;
  std::vector<std::unique_ptr<DIR, DirCloser>> open_;  // from the top down to where we are
  bool too_deep_ = false;
  Status first_;
};

}  // namespace

Result<ProjectWalk> SetProjectOfTree(int top, std::uint32_t project, Clock::time_point deadline,
                                     const std::string& shown) {
  // Without the mark (no room for it) the top is still worth having.
  const bool marked = ::fsetxattr(top, kMark, "1", 1, 0) == 0;
  BF_TRY(AssignProject(top, project, true, shown));
  BF_TRY(host::Sync(top, shown));
  Walk walk(project, deadline, shown);
  BF_ASSIGN(const bool finished, walk.Run(top));
  ProjectWalk result;
  result.finished = finished;
  if (!finished) {
    result.findings.push_back(
        fmt::format("{} holds more than could be given to quota project {} in time; {}", shown,
                    project, marked ? "the next boot goes on" : "the rest stays as it is"));
    return result;
  }
  if (walk.too_deep()) {
    result.findings.push_back(
        fmt::format("{} has directories more than {} deep; what is below is not given to quota "
                    "project {}",
                    shown, kMaxDepth, project));
  }
  if (marked && ::fremovexattr(top, kMark) != 0) {
    return FailErrno(errno, "take the mark off {}", shown);
  }
  BF_TRY(host::Sync(top, shown));
  return result;
}

bool ProjectWalkPending(int top) { return ::fgetxattr(top, kMark, nullptr, 0) >= 0; }

}  // namespace bf::provision::state
