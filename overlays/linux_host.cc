// SPDX-License-Identifier: Apache-2.0
#include "overlays/linux_host.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/beneath.h"
#include "core/host/file.h"
#include "core/host/mount.h"
#include "overlays/linux_facts.h"
#include "overlays/linux_mount.h"
#include "overlays/linux_store.h"

namespace bf::overlays {
namespace {

Status MakeDirectory(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return FailErrno(errno, "create {}", path);
  return {};
}

}  // namespace

std::string LinuxHost::Under(const std::string& path) const { return host::Under(root_, path); }

template <class Work>
Status LinuxHost::WithStore(const std::string& name, Work work) {
  BF_ASSIGN(const auto data, host::Beneath::Open(Under(policy_.data_mount_point.value)));
  return work(Store(data, name));
}

Status LinuxHost::Do(const SetAside& action) {
  return WithStore(action.name, [&](const Store& store) { return store.SetAside(hook_); });
}
Status LinuxHost::Do(const SecureStore& action) {
  return WithStore(action.name, [&](const Store& store) { return store.Secure(); });
}
Status LinuxHost::Do(const BuildGeneration& action) {
  BF_ASSIGN(const auto vendor, OpenWithoutMounts(Under(action.path)));
  return WithStore(action.name,
                   [&](const Store& store) { return store.Build(action, vendor.get(), hook_); });
}
Status LinuxHost::Do(const RestoreGeneration& action) {
  return WithStore(action.name, [&](const Store& store) { return store.Restore(action, hook_); });
}
Status LinuxHost::Do(const RepairUpper& action) {
  return WithStore(action.name, [&](const Store& store) { return store.RepairUpper(action); });
}
Status LinuxHost::Do(const RepairWork& action) {
  return WithStore(action.name,
                   [&](const Store& store) { return store.RepairWork(action.generation, hook_); });
}
Status LinuxHost::Do(const Retire& action) {
  return WithStore(action.name, [&](const Store& store) { return store.Retire(action, hook_); });
}
Status LinuxHost::Do(const MountTmpfs& action) { return MountTmpfsAt(Under(action.path), action); }
Status LinuxHost::Do(const AdjustTmpfs& action) {
  return AdjustTmpfsAt(Under(action.to.path), action.to);
}

Status LinuxHost::MountOnData(const MountOverlay& action, const std::vector<std::string>& carry) {
  BF_TRY(WithStore(action.name,
                   [&](const Store& store) { return store.CheckBeforeMount(action.generation); }));
  const std::string generation =
      Under(GenerationPath(policy_.data_mount_point.value, action.name, action.generation));
  Layers layers{{}, generation + "/upper", generation + "/work"};
  for (const auto& lower : action.lowers) layers.lowers.push_back(Under(lower));
  return MountOverlayAt(Under(action.path), action.name, layers, action.exec, carry);
}

// The tmpfs is attached only while the overlay is put together: overlayfs keeps its own hold on
// it, and without a path nobody reaches the upper directory but through the overlay.
Status LinuxHost::MountOnTmpfs(const MountOverlay& action, const std::vector<std::string>& carry) {
  struct stat image {};
  if (::lstat(Under(action.path).c_str(), &image) != 0)
    return FailErrno(errno, "stat {}", action.path);
  const std::string backing = Under(BackingPath(action.name));
  BF_TRY(MakeDirectory(Under("/run/betterframe"), 0755));
  BF_TRY(MakeDirectory(Under("/run/betterframe/overlay"), 0700));
  BF_TRY(MakeDirectory(backing, 0700));
  BF_TRY(MountTmpfsAt(backing,
                      {action.name, backing, action.size, action.inodes, 0700, 0, 0, action.exec}));
  const auto assemble = [&]() -> Status {
    Layers layers{{}, backing + "/upper", backing + "/work"};
    for (const auto& lower : action.lowers) layers.lowers.push_back(Under(lower));
    BF_TRY(MakeDirectory(layers.work, 0700));
    BF_TRY(MakeDirectory(layers.upper, 0700));
    // What shows at the path is the upper directory's owner and mode.
    if (::chown(layers.upper.c_str(), image.st_uid, image.st_gid) != 0 ||
        ::chmod(layers.upper.c_str(), image.st_mode & 07777) != 0)
      return FailErrno(errno, "set owner and mode of {}", layers.upper);
    return MountOverlayAt(Under(action.path), action.name, layers, action.exec, carry);
  };
  auto mounted = assemble();
  BF_TRY(host::Unmount(backing, /*lazy=*/true));
  ::rmdir(backing.c_str());
  return mounted;
}

Status LinuxHost::Do(const MountOverlay& action) {
  std::vector<std::string> carry;
  for (const auto& path : action.carry) carry.push_back(Under(path));
  return action.generation == 0 ? MountOnTmpfs(action, carry) : MountOnData(action, carry);
}

Result<Facts> LinuxHost::ReadBack() {
  BF_ASSIGN(Facts facts, ObserveMounts(policy_, root_));
  return facts;
}

}  // namespace bf::overlays
