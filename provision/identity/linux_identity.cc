// SPDX-License-Identifier: Apache-2.0
#include "provision/identity/linux_identity.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/facts/mountinfo.h"
#include "core/host/file.h"
#include "core/host/mount.h"

namespace bf::provision::identity {
namespace {

Result<Identity> Read(const std::string& root, const std::string& root_mount) {
  BF_ASSIGN(const auto mounts, facts::ReadMountInfo(root));
  const facts::Mount* mount = facts::FindMount(mounts, root_mount);
  if (mount == nullptr) return Fail("nothing is mounted at {}", root_mount);
  BF_ASSIGN(const auto disk, facts::ReadDiskOf(root, {mount->major, mount->minor}));
  if (!disk) return Fail("{} is not on a disk", root_mount);
  BF_ASSIGN(const facts::Partition data, FindData(*disk));
  const std::string device = host::Under(root, "/dev/" + data.device);
  BF_ASSIGN(const host::UniqueFd fd, host::Open(device, O_RDONLY));
  const disk::ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> bytes) {
    return host::ReadAt(fd.get(), offset, bytes, device);
  };
  auto identity = ReadIdentity(read, data.size);
  if (!identity) return Fail("{} holds no finished BF_DATA yet", data.device);
  return std::move(*identity);
}

Status MakeRunDirectory(const std::string& root) {
  const std::string path = host::Under(root, "/run/betterframe");
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return FailErrno(errno, "create {}", path);
  }
  return {};
}

}  // namespace

Identity ObserveIdentity(const std::string& root, const std::string& root_mount) {
  auto identity = Read(root, root_mount);
  if (identity) return std::move(*identity);
  return Identity{disk::Guid::Random(), Origin::kDrawn, identity.error().ToString()};
}

Status StoreIdentity(const std::string& root, const Identity& identity) {
  if (identity.origin == Origin::kDrawn) {
    BF_TRY(MakeRunDirectory(root));
    BF_TRY(
        host::ReplaceFile(host::Under(root, kDataUuidPath), identity.uuid.ToString() + "\n", 0644));
  }
  return host::ReplaceFile(host::Under(root, "/run/machine-id"), identity.MachineId() + "\n", 0444);
}

Status AttachIdentity(const std::string& root, const std::string& root_mount) {
  const std::string source = host::Under(root, "/run/machine-id");
  const std::string target = host::Under(root_mount, "/etc/machine-id");
  BF_ASSIGN(const host::UniqueFd source_fd, host::Open(source, O_PATH | O_NOFOLLOW));
  BF_ASSIGN(const host::UniqueFd target_fd, host::Open(target, O_PATH | O_NOFOLLOW));
  BF_ASSIGN(const host::UniqueFd mount, host::CloneTree(source_fd.get(), false, source));
  const host::MountFlags flags{.read_only = true, .no_suid = true, .no_dev = true, .no_exec = true};
  BF_TRY(host::SetMountFlags(mount.get(), flags, target));
  return host::AttachMountAt(mount.get(), target_fd.get(), target);
}

}  // namespace bf::provision::identity
