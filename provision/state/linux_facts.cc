// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <cerrno>

#include "core/facts/mountinfo.h"
#include "core/host/beneath.h"
#include "core/host/file.h"
#include "provision/state/facts.h"
#include "provision/state/linux_project.h"
#include "provision/state/linux_quota.h"

namespace bf::provision::state {
namespace {

using host::Beneath;

FileType TypeOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return FileType::kDirectory;
    case S_IFREG:
      return FileType::kFile;
    case S_IFLNK:
      return FileType::kSymlink;
    case S_IFIFO:
      return FileType::kFifo;
    case S_IFSOCK:
      return FileType::kSocket;
    case S_IFCHR:
      return FileType::kCharDevice;
    default:
      return FileType::kBlockDevice;
  }
}

class Observer {
 public:
  Observer(const std::string& root, const Policy& policy) : root_(root), policy_(policy) {}

  Result<Facts> Run() {
    BF_ASSIGN(mounts_, facts::ReadMountInfo(root_));
    BF_ASSIGN(const std::string command_line, host::ReadLine(host::Under(root_, "/proc/cmdline")));
    result_.slot = SlotOf(command_line);
    // Without accounts no entry can be planned; each says so, and the skeleton is still looked at.
    if (auto accounts = ReadAccounts(root_)) result_.accounts = *std::move(accounts);

    data_mount_ = facts::FindMount(mounts_, policy_.mount_point);
    if (data_mount_ == nullptr) return std::move(result_);
    result_.data_mounted = true;
    result_.data_volatile = data_mount_->fs_type == "tmpfs";
    result_.data_read_only = !data_mount_->Writable();

    BF_ASSIGN(const Beneath data, Beneath::Open(host::Under(root_, policy_.mount_point)));
    struct stat status {};
    if (::fstat(data.fd(), &status) != 0) {
      return FailErrno(errno, "look at {}", policy_.mount_point);
    }
    data_device_ = status.st_dev;
    struct statvfs room {};
    if (::fstatvfs(data.fd(), &room) == 0) {
      result_.data_bytes = std::uint64_t{room.f_blocks} * room.f_frsize;
    }
    result_.quotas = ProjectQuotasEnforced(data.fd());
    result_.owner_quotas = UserQuotasEnforced(data.fd());
    if (result_.owner_quotas) LookAtOwners(data);
    for (const std::string& path : SkeletonOf(policy_, result_.slot)) {
      result_.skeleton[path] = LookAtSource(data, path);
    }
    BF_ASSIGN(const Beneath image, Beneath::Open(root_));
    for (const Entry& entry : policy_.entries) LookAtEntry(data, image, entry);
    return std::move(result_);
  }

 private:
  SourceFacts LookAtSource(const Beneath& data, const std::string& path) {
    SourceFacts source;
    const auto status = data.Stat(path);
    if (!status) {
      // ENOTDIR and ELOOP: a skeleton directory above is something else. That is its own finding,
      // and once it is moved aside there is nothing here.
      const int code = status.error().sys_errno;
      if (code != ENOENT && code != ENOTDIR && code != ELOOP) {
        source.problem = status.error().ToString();
      }
      return source;
    }
    source.type = TypeOf(status->st_mode);
    source.mode = status->st_mode & 07777U;
    source.uid = status->st_uid;
    source.gid = status->st_gid;
    source.links = source.type == FileType::kDirectory ? 1 : status->st_nlink;
    source.foreign = status->st_dev != data_device_;
    if (source.type != FileType::kDirectory || !result_.quotas || source.foreign) return source;
    // Only a directory is ever opened here: opening a FIFO would wait, a device would act.
    auto fd = data.OpenAt(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    auto project = fd ? ReadProject(fd->get(), path) : Result<ProjectFlags>(Failure(fd.error()));
    if (!project) {
      source.problem = project.error().ToString();
      return source;
    }
    source.project = project->project;
    source.inherits = project->inherits;
    source.walk_pending = ProjectWalkPending(fd->get());
    return source;
  }

  void LookAtOwners(const Beneath& data) {
    for (const Entry& entry : policy_.entries) {
      const std::string& owner = entry.owner.value;
      const auto uid = result_.accounts.User(owner);
      if (!uid || *uid == 0 || result_.owners.count(owner) != 0) continue;
      const auto quota = GetUserQuota(data.fd(), *uid);
      if (quota && *quota) result_.owners[owner] = **quota;
    }
  }

  void LookAtEntry(const Beneath& data, const Beneath& image, const Entry& entry) {
    EntryFacts& facts = result_.entries[entry.name.value];
    facts.at_target = LookAtTarget(image, entry.path.value);
    if (entry.scope.value == Scope::kPerSlot && result_.slot.empty()) return;
    facts.source = SourcePath(entry, result_.slot);
    facts.at_source = LookAtSource(data, facts.source);
    if (entry.quota && result_.quotas) {
      const auto project = ProjectId(*entry.quota, entry.scope.value, result_.slot);
      if (auto quota = GetProjectQuota(data.fd(), project)) facts.quota = *quota;
    }
    const facts::Mount* mount = facts::FindMount(mounts_, entry.path.value);
    if (mount == nullptr) return;
    facts.at_target.bound = mount->major == data_mount_->major &&
                            mount->minor == data_mount_->minor &&
                            mount->root == Joined(data_mount_->root, facts.source);
    facts.at_target.hardened =
        mount->HasOption("nosuid") && mount->HasOption("nodev") && mount->HasOption("noexec");
  }

  static std::string Joined(const std::string& root, const std::string& source) {
    return root == "/" ? "/" + source : root + "/" + source;
  }

  static TargetFacts LookAtTarget(const Beneath& image, const std::string& path) {
    TargetFacts target;
    const auto status = image.Stat(path.substr(1));
    if (status) {
      target.type = TypeOf(status->st_mode);
    } else if (status.error().sys_errno != ENOENT) {
      target.problem = status.error().sys_errno == ELOOP
                           ? "a symbolic link is on the way to it; name the real path"
                           : status.error().ToString();
    }
    return target;
  }

  const std::string& root_;
  const Policy& policy_;
  std::vector<facts::Mount> mounts_;
  const facts::Mount* data_mount_ = nullptr;
  dev_t data_device_ = 0;
  Facts result_;
};

}  // namespace

Result<Facts> ObserveFacts(const std::string& root, const Policy& policy) {
  return Observer(root, policy).Run();
}

}  // namespace bf::provision::state
