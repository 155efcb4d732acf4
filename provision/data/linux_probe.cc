// SPDX-License-Identifier: Apache-2.0
#include "provision/data/linux_probe.h"

#include "core/facts/mountinfo.h"
#include "core/host/file.h"
#include "provision/data/content.h"
#include "provision/data/judge.h"
#include "provision/data/linux_blkid.h"
#include "provision/data/linux_device.h"
#include "provision/data/policy.h"
#include "provision/data/skeleton.h"

namespace bf::provision::data {
namespace {

bool HasWord(std::string_view line, std::string_view word) {
  while (!line.empty()) {
    const auto end = std::min(line.find_first_of(" \n"), line.size());
    if (line.substr(0, end) == word) return true;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return false;
}

}  // namespace

DataFacts LinuxProbe::Observe() {
  DataFacts facts;
  if (const auto line = host::ReadFile(host::Under(root_, "/proc/cmdline"))) {
    facts.gpt_word = HasWord(*line, "gpt");
  }
  if (const auto uuid = host::ReadLine(host::Under(root_, "/run/betterframe/data-uuid"))) {
    // Whatever else the file holds must not become an argument of mkfs.
    if (const auto parsed = disk::Guid::Parse(*uuid)) facts.planned_uuid = parsed->ToString();
  }
  auto disk = facts::ReadRootDisk(root_);
  if (!disk) {
    facts.disk_problem = fmt::format("the disk under the root: {}", disk.error().ToString());
  } else if (!*disk) {
    facts.disk_problem = "the running root is not on a disk";
  } else {
    facts.disk = **std::move(disk);
    ReadTable(facts);
  }
  ReadMount(facts);
  if (facts.Table() != nullptr) {
    if (DataEntries(*facts.Table()).empty()) ReadElsewhere(facts);
    ReadContent(facts);
  }
  return facts;
}

void LinuxProbe::ReadTable(DataFacts& facts) const {
  const auto device = BlockDevice::Open(root_, facts.disk->device, facts.disk->number,
                                        BlockDevice::Mode::kReadDirect);
  if (!device) {
    facts.primary_problem = facts.backup_problem = device.error().ToString();
    return;
  }
  disk::GptState state =
      disk::InspectGpt([&device](std::uint64_t offset,
                                 std::span<std::byte> data) { return device->Read(offset, data); },
                       facts.disk->size, facts.disk->sector_size);
  facts.primary = std::move(state.primary);
  facts.primary_problem = std::move(state.primary_problem);
  facts.backup = std::move(state.backup);
  facts.backup_problem = std::move(state.backup_problem);
}

void LinuxProbe::ReadContent(DataFacts& facts) const {
  const Target target = FindTarget(facts);
  if (target.partition == nullptr) return;
  const auto& table = *facts.Table();
  const auto& partition = *target.partition;
  const auto fail = [&facts](const Error& error) {
    facts.content = Content{};
    facts.content->read_error = error.ToString();
  };
  // Cached: that is where a mounted ext4 keeps its superblock. Beyond the partition only the disk
  // has anything, and there only direct reads see what was written last.
  const auto inside =
      BlockDevice::Open(root_, partition.device, partition.number, BlockDevice::Mode::kReadCached);
  if (!inside) return fail(inside.error());
  const auto outside = BlockDevice::Open(root_, facts.disk->device, facts.disk->number,
                                         BlockDevice::Mode::kReadDirect);
  if (!outside) return fail(outside.error());
  Source source;
  source.size = partition.size;
  source.may_grow_to =
      (GrowthLimit(table, *target.entry, facts.disk->size) + 1 - target.entry->first_lba) *
      table.sector_size;
  source.read = [&](std::uint64_t offset, std::span<std::byte> data) {
    return offset + data.size() <= partition.size ? inside->Read(offset, data)
                                                  : outside->Read(partition.start + offset, data);
  };
  source.probe = [&inside] { return ProbeSignatures(inside->fd()); };
  facts.content = Examine(source);
}

void LinuxProbe::ReadMount(DataFacts& facts) const {
  const auto mounts = facts::ReadMountInfo(root_);
  if (!mounts) return;
  const facts::Mount* found = facts::FindMount(*mounts, mount_point_);
  if (found == nullptr) return;
  facts.mount = MountPoint{found->fs_type,
                           {found->major, found->minor},
                           found->source,
                           found->options,
                           found->super_options};
  if (found->fs_type != "ext4") return;
  const auto data = host::Beneath::Open(host::Under(root_, mount_point_));
  if (!data) {
    facts.skeleton_problems = {data.error().ToString()};
  } else {
    facts.skeleton_problems = CheckSkeleton(*data);
  }
}

void LinuxProbe::ReadElsewhere(DataFacts& facts) const {
  const auto disks = facts::ReadDisks(root_);
  if (!disks) return;
  for (const auto& disk : *disks) {
    if (disk.number == facts.disk->number) continue;
    for (const auto& partition : disk.partitions) {
      if (partition.name == kPartitionName) facts.elsewhere.push_back("/dev/" + partition.device);
    }
  }
}

}  // namespace bf::provision::data
