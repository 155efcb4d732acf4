// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "core/host/file.h"
#include "core/host/mount.h"
#include "core/host/spawn.h"
#include "provision/data/linux_device.h"
#include "provision/data/linux_host.h"
#include "provision/data/policy.h"
#include "provision/data/skeleton.h"

namespace bf::provision::data {
namespace {

using Mode = BlockDevice::Mode;
constexpr std::uint64_t kBlock = 4096;

// One block with the superblock in it, written as a whole.
Status Relabel(const BlockDevice& device, std::uint64_t super_offset, bool must_be_there) {
  std::array<std::byte, kBlock> block;
  const std::uint64_t block_offset = super_offset / kBlock * kBlock;
  BF_TRY(device.Read(block_offset, block));
  const auto super = std::span(block).subspan(static_cast<std::size_t>(super_offset - block_offset),
                                              disk::kExt4SuperSize);
  const auto parsed = disk::ParseExt4Super(super);
  if (!parsed && !must_be_there) return {};  // e2fsck has its own views on backups
  if (parsed && parsed->label == kLabel && parsed->Trusted()) return {};
  BF_TRY(disk::RelabelExt4Super(super, std::string(kLabel)));
  return device.Write(block_offset, block);
}

// The primary with the finished label and its checksum, read back.
Result<disk::Ext4Super> FinishPrimary(const BlockDevice& device, const std::string& name) {
  BF_TRY(Relabel(device, disk::kExt4SuperOffset, true));
  std::array<std::byte, disk::kExt4SuperSize> bytes;
  BF_TRY(device.Read(disk::kExt4SuperOffset, bytes));
  auto super = disk::ParseExt4Super(bytes);
  if (!super || super->label != kLabel || !super->Trusted()) {
    return Fail("the superblock of /dev/{} does not read back", name);
  }
  return *std::move(super);
}

}  // namespace

Status LinuxHost::Do(const WipePartition& step) {
  BF_ASSIGN(const BlockDevice device,
            BlockDevice::Open(root_, step.device, std::nullopt, Mode::kWriteExclusive));
  for (const Range& range : step.ranges) BF_TRY(device.Zero(range.offset, range.size));
  return host::Sync(device.fd(), step.device);
}

Status LinuxHost::Do(const MakeFilesystem& step) {
  constexpr const char* kExtended =
      "quotatype=usrquota:prjquota,nodiscard,lazy_itable_init=1,lazy_journal_init=0,root_owner=0:0";
  // No -F: mkfs itself refuses what is mounted or in use. Blocks of 4 KiB whatever the size: mke2fs
  // takes 1 KiB for small ones, and those grow badly. lazy_journal_init stays off: a stale block in
  // the journal area could be replayed after a crash. No discard: of a whole card it can take
  // minutes, and what counts has been zeroed by then.
  host::Command command;
  command.argv = {"mkfs.ext4", "-q",
                  "-b",        std::to_string(kBlock),
                  "-m",        "1",
                  "-L",        std::string(kLabelNew),
                  "-O",        "has_journal,extent,64bit,metadata_csum,quota,project",
                  "-E",        kExtended};
  if (!step.uuid.empty()) command.argv.insert(command.argv.end(), {"-U", step.uuid});
  command.argv.push_back(Device(step.device));
  command.timeout = std::chrono::milliseconds(step.timeout_ms);
  BF_TRY(host::RunOk(command));
  BF_ASSIGN(const host::UniqueFd fd, host::Open(Device(step.device), O_RDONLY));
  return host::Sync(fd.get(), step.device);
}

Result<host::UniqueFd> LinuxHost::MountPrivately(const std::string& device, bool read_only) const {
  std::vector<host::MountOption> options{{"source", Device(device)}, {"errors", "remount-ro"}};
  if (!read_only)
    options.insert(options.end(),
                   {host::MountOption{"usrquota", ""}, host::MountOption{"prjquota", ""}});
  host::MountFlags flags;
  flags.read_only = read_only;
  flags.no_suid = flags.no_dev = flags.no_exec = flags.no_atime = true;
  return host::CreateMount("ext4", options, flags);
}

Status LinuxHost::Do(const Populate& step) {
  {
    BF_ASSIGN(const host::UniqueFd mount, MountPrivately(step.device, false));
    BF_ASSIGN(const auto data, host::Beneath::Open(fmt::format("/proc/self/fd/{}", mount.get())));
    BF_TRY(MakeSkeleton(data));
  }
  BF_ASSIGN(const host::UniqueFd again, MountPrivately(step.device, true));
  BF_ASSIGN(const auto data, host::Beneath::Open(fmt::format("/proc/self/fd/{}", again.get())));
  const auto problems = CheckSkeleton(data);
  if (!problems.empty()) return Fail("what was written does not read back: {}", problems.front());
  return {};
}

Status LinuxHost::Do(const SetLabel& step) {
  BF_ASSIGN(const BlockDevice device,
            BlockDevice::Open(root_, step.device, std::nullopt, Mode::kWriteExclusive));
  // The primary decides: from this one write on, the file system is finished.
  BF_ASSIGN(const disk::Ext4Super super, FinishPrimary(device, step.device));
  for (const std::uint64_t offset : disk::Ext4BackupOffsets(super)) {
    BF_TRY(Relabel(device, offset, false));
  }
  return host::Sync(device.fd(), step.device);
}

Status LinuxHost::Do(const FinishSuperblock& step) {
  BF_ASSIGN(const BlockDevice device,
            BlockDevice::Open(root_, step.device, std::nullopt, Mode::kWriteExclusive));
  BF_TRY(FinishPrimary(device, step.device));
  return host::Sync(device.fd(), step.device);
}

}  // namespace bf::provision::data
