// SPDX-License-Identifier: Apache-2.0
// Partition table, mounts and directories. Formatting and repair are in linux_format.cc and
// linux_repair.cc.
#include "provision/data/linux_host.h"

#include <fcntl.h>
#include <linux/blkpg.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "core/host/file.h"
#include "core/host/mount.h"
#include "provision/data/linux_device.h"
#include "provision/data/skeleton.h"

// Not in the uapi headers of Debian 12.
#ifndef EXT4_IOC_RESIZE_FS
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, std::uint64_t)
#endif

namespace bf::provision::data {

using Mode = BlockDevice::Mode;

std::string LinuxHost::Device(const std::string& name) const { return DevicePath(root_, name); }
std::string LinuxHost::Target(const std::string& path) const { return host::Under(root_, path); }

Status LinuxHost::Do(const WriteTable& step) {
  BF_ASSIGN(const BlockDevice disk,
            BlockDevice::Open(root_, step.disk, std::nullopt, Mode::kWriteDirect));
  std::vector<std::byte> first(step.table.sector_size);
  BF_TRY(disk.Read(0, first));
  BF_ASSIGN(const auto writes, disk::SerialiseGpt(step.table, step.disk_size, first));
  for (const auto& write : writes) BF_TRY(disk.Write(write.offset, write.data));
  const auto state = disk::InspectGpt(
      [&disk](std::uint64_t offset, std::span<std::byte> data) { return disk.Read(offset, data); },
      step.disk_size, step.table.sector_size);
  if (!state.primary || !state.backup || state.primary->entries != step.table.entries ||
      state.backup->entries != step.table.entries) {
    return Fail(
        "the partition table does not read back as it was written (primary: {}; backup: {})",
        state.primary_problem, state.backup_problem);
  }
  return {};
}

Status LinuxHost::Do(const ResizePartition& step) {
  BF_ASSIGN(const host::UniqueFd disk, host::Open(Device(step.disk), O_RDONLY));
  blkpg_partition partition{};
  partition.start = static_cast<long long>(step.start);
  partition.length = static_cast<long long>(step.size);
  partition.pno = step.index;
  blkpg_ioctl_arg argument{};
  argument.op = BLKPG_RESIZE_PARTITION;
  argument.datalen = sizeof partition;
  argument.data = &partition;
  if (::ioctl(disk.get(), BLKPG, &argument) != 0) {
    return FailErrno(errno, "tell the kernel the size of /dev/{}", step.device);
  }
  return {};
}

Status LinuxHost::Do(const WipeFree& step) {
  BF_ASSIGN(const BlockDevice disk,
            BlockDevice::Open(root_, step.disk, std::nullopt, Mode::kWriteDirect));
  for (const Range& range : step.ranges) BF_TRY(disk.Zero(range.offset, range.size));
  return {};
}

Status LinuxHost::Do(const MountData& step) {
  std::vector<host::MountOption> options{{"source", Device(step.device)}, {"errors", "remount-ro"}};
  if (step.project_quota)
    options.insert(options.end(),
                   {host::MountOption{"usrquota", ""}, host::MountOption{"prjquota", ""}});
  host::MountFlags flags;
  flags.no_suid = flags.no_dev = flags.no_exec = flags.no_atime = true;
  BF_ASSIGN(const host::UniqueFd mount, host::CreateMount("ext4", options, flags));
  return host::AttachMount(mount.get(), Target(step.target));
}

Status LinuxHost::Do(const FixMountFlags& step) {
  const std::string target = Target(step.target);
  BF_ASSIGN(const host::UniqueFd fd, host::Open(target, O_PATH | O_DIRECTORY));
  host::MountFlags flags;
  flags.no_suid = flags.no_dev = flags.no_exec = flags.no_atime = true;
  return host::SetMountFlags(fd.get(), flags, target);
}

Status LinuxHost::Do(const FixSkeleton& step) {
  BF_ASSIGN(const auto data, host::Beneath::Open(Target(step.target)));
  return MakeSkeleton(data);
}

Status LinuxHost::Do(const GrowFilesystem& step) {
  const std::string target = Target(step.target);
  BF_ASSIGN(const host::UniqueFd fd, host::Open(target, O_RDONLY | O_DIRECTORY));
  std::uint64_t blocks = step.to / step.block_size;
  if (::ioctl(fd.get(), EXT4_IOC_RESIZE_FS, &blocks) != 0) {
    return FailErrno(errno, "grow the file system on {}", target);
  }
  if (::syncfs(fd.get()) != 0) return FailErrno(errno, "sync {}", target);
  return {};
}

Status LinuxHost::Do(const MountDegraded& step) {
  // With a limit in bytes and in inodes: without, a full tmpfs takes the memory of the device.
  const std::vector<host::MountOption> options{{"source", std::string(kDegradedSource)},
                                               {"size", std::to_string(step.size)},
                                               {"nr_inodes", std::to_string(step.inodes)},
                                               {"mode", "0755"}};
  host::MountFlags flags;
  flags.no_suid = flags.no_dev = flags.no_exec = flags.no_atime = true;
  BF_ASSIGN(const host::UniqueFd mount, host::CreateMount("tmpfs", options, flags));
  BF_ASSIGN(const auto data, host::Beneath::Open(fmt::format("/proc/self/fd/{}", mount.get())));
  BF_TRY(MakeSkeleton(data));
  return host::AttachMount(mount.get(), Target(step.target));
}

}  // namespace bf::provision::data
