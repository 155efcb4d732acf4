// SPDX-License-Identifier: Apache-2.0
#include "provision/state/linux_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/file.h"
#include "core/host/mount.h"
#include "provision/state/linux_project.h"
#include "provision/state/linux_quota.h"
#include "provision/state/linux_seed.h"

namespace bf::provision::state {
namespace {

using host::Beneath;
using host::UniqueFd;

constexpr int kMaxAside = 999;
constexpr host::MountFlags kHardened{.no_suid = true, .no_dev = true, .no_exec = true};

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

bool IsKind(mode_t mode, Kind kind) {
  return kind == Kind::kDirectory ? S_ISDIR(mode) : S_ISREG(mode);
}

std::string_view ToText(Kind kind) { return kind == Kind::kDirectory ? "directory" : "file"; }

// Owner first: changing it clears set-id bits.
Status SetOwnerAndMode(int fd, const Create& action) {
  if (::fchown(fd, action.uid, action.gid) != 0 || ::fchmod(fd, action.mode) != 0) {
    return FailErrno(errno, "set owner and mode of {}", action.source);
  }
  return {};
}

}  // namespace

Result<LinuxHost> LinuxHost::Open(const std::string& root, const std::string& mount_point) {
  BF_ASSIGN(Beneath image, Beneath::Open(root));
  BF_ASSIGN(Beneath data, Beneath::Open(host::Under(root, mount_point)));
  return LinuxHost(std::move(image), std::move(data));
}

Result<UniqueFd> LinuxHost::OpenParent(const std::string& source) const {
  return data_.OpenAt(ParentOf(source), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
}

Result<UniqueFd> LinuxHost::OpenSource(const std::string& source, Kind kind) const {
  // O_PATH first: opening a FIFO would wait and opening a device would act.
  BF_ASSIGN(const struct stat found, data_.Stat(source));
  if (!IsKind(found.st_mode, kind)) return Fail("{} is not a {}", source, ToText(kind));
  const int flags =
      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | (kind == Kind::kDirectory ? O_DIRECTORY : 0);
  BF_ASSIGN(UniqueFd fd, data_.OpenAt(source, flags));
  struct stat status {};
  struct stat top {};
  if (::fstat(fd.get(), &status) != 0 || ::fstat(data_.fd(), &top) != 0) {
    return FailErrno(errno, "look at {}", source);
  }
  if (!IsKind(status.st_mode, kind)) return Fail("{} is not a {}", source, ToText(kind));
  if (status.st_dev != top.st_dev) return Fail("{} is covered by another mount", source);
  if (kind == Kind::kFile && status.st_nlink != 1) {
    return Fail("{} has {} hard links", source, status.st_nlink);
  }
  return fd;
}

Result<std::string> LinuxHost::Do(const MoveAside& action) {
  BF_ASSIGN(const UniqueFd parent, OpenParent(action.source));
  const std::string name = NameOf(action.source);
  for (int number = 1; number <= kMaxAside; ++number) {
    const std::string aside = fmt::format("{}.aside.{}", name, number);
    At("move-aside");
    if (::renameat2(parent.get(), name.c_str(), parent.get(), aside.c_str(), RENAME_NOREPLACE) ==
        0) {
      BF_TRY(host::Sync(parent.get(), ParentOf(action.source)));
      const std::string directory = ParentOf(action.source);
      return directory == "." ? aside : directory + "/" + aside;
    }
    if (errno != EEXIST) return FailErrno(errno, "move {} aside", action.source);
  }
  return Fail("{} things were moved aside from {} already; look at them", kMaxAside, action.source);
}

Result<std::vector<std::string>> LinuxHost::Do(const Create& action) {
  std::vector<std::string> left_out;
  BF_ASSIGN(const UniqueFd parent, OpenParent(action.source));
  const std::string name = NameOf(action.source);
  const std::string temporary = "." + name + ".new";
  const std::string shown = ParentOf(action.source) + "/" + temporary;
  // What a cut left: never seen by anyone, made anew.
  BF_TRY(data_.RemoveTree(shown));
  At("make");
  UniqueFd made;
  if (action.kind == Kind::kDirectory) {
    if (::mkdirat(parent.get(), temporary.c_str(), 0700) != 0) {
      return FailErrno(errno, "create {}", action.source);
    }
    BF_ASSIGN(made, data_.OpenAt(shown, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    // Before the seed, so that the seed inherits it.
    if (action.project != 0) BF_TRY(AssignProject(made.get(), action.project, true, shown));
  } else {
    BF_ASSIGN(made, data_.OpenAt(shown, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  }
  At("seed");
  if (!action.seed.empty()) {
    const std::string seed = action.seed.substr(1);
    const bool directory = action.kind == Kind::kDirectory;
    BF_ASSIGN(const UniqueFd from,
              image_.OpenAt(seed, O_RDONLY | O_NOFOLLOW | (directory ? O_DIRECTORY : 0)));
    BF_TRY_DOING(directory ? CopyTree(from.get(), made.get(), action.seed, left_out)
                           : CopyContent(from.get(), made.get(), action.seed),
                 "seed {}", action.source);
  }
  BF_TRY(SetOwnerAndMode(made.get(), action));
  // One flush for the whole seed; file by file would be hundreds on a slow card.
  At("flush");
  if (::syncfs(made.get()) != 0) return FailErrno(errno, "flush {}", action.source);
  At("rename");
  if (::renameat2(parent.get(), temporary.c_str(), parent.get(), name.c_str(), RENAME_NOREPLACE) !=
      0) {
    return FailErrno(errno, "name {}", action.source);
  }
  At("sync");
  BF_TRY(host::Sync(parent.get(), ParentOf(action.source)));
  return left_out;
}

Status LinuxHost::Do(const SetOwner& action) {
  BF_ASSIGN(const UniqueFd fd, OpenSource(action.source, action.kind));
  At("set-owner");
  if (::fchown(fd.get(), action.uid, action.gid) != 0 || ::fchmod(fd.get(), action.mode) != 0) {
    return FailErrno(errno, "set owner and mode of {}", action.source);
  }
  return host::Sync(fd.get(), action.source);
}

Result<ProjectWalk> LinuxHost::Do(const SetProject& action) {
  BF_ASSIGN(const UniqueFd fd, OpenSource(action.source, Kind::kDirectory));
  At("set-project");
  // Half of what is left: a tree made to take long does not take all of it from the next one.
  const auto begin = std::chrono::steady_clock::now();
  auto walk = SetProjectOfTree(fd.get(), action.project, begin + walk_time_ / 2, action.source);
  walk_time_ -= std::min(walk_time_, std::chrono::steady_clock::now() - begin);
  return walk;
}

Status LinuxHost::Do(const SetQuota& action) {
  return SetProjectQuota(data_.fd(), action.project, action.bytes, action.inodes);
}

Status LinuxHost::Do(const SetOwnerQuota& action) {
  return SetUserQuota(data_.fd(), action.uid, action.bytes, action.inodes);
}

Status LinuxHost::Do(const Bind& action) {
  BF_ASSIGN(const UniqueFd source, OpenSource(action.source, action.kind));
  BF_ASSIGN(const UniqueFd target, image_.OpenAt(action.target.substr(1), O_PATH | O_NOFOLLOW));
  BF_ASSIGN(const UniqueFd tree, host::CloneTree(source.get(), false, action.source));
  BF_TRY(host::SetMountFlags(tree.get(), kHardened, action.target));
  return host::AttachMountAt(tree.get(), target.get(), action.target);
}

Status LinuxHost::Do(const Harden& action) {
  BF_ASSIGN(const UniqueFd target, image_.OpenAt(action.target.substr(1), O_PATH | O_NOFOLLOW));
  return host::SetMountFlags(target.get(), kHardened, action.target);
}

}  // namespace bf::provision::state
