// SPDX-License-Identifier: Apache-2.0
#include "provision/data/actions.h"

#include "core/policy/reader.h"
#include "provision/data/policy.h"

namespace bf::provision::data {

using policy::FormatSize;

std::string_view RungName(Rung rung) {
  switch (rung) {
    case Rung::kLook:
      return "look";
    case Rung::kPreen:
      return "preen";
    case Rung::kFull:
      return "full";
    case Rung::kBackup:
      return "backup";
  }
  return "";
}

std::string WriteTable::Describe() const {
  return fmt::format("write the partition table of /dev/{}, backup first: {}", disk, why);
}
std::string ResizePartition::Describe() const {
  return fmt::format("tell the kernel that /dev/{} has {}", device, FormatSize(size));
}
std::string WipeFree::Describe() const {
  std::uint64_t total = 0;
  for (const Range& range : ranges) total += range.size;
  return fmt::format("wipe leftover signatures in the free space of /dev/{} ({} in {} places)",
                     disk, FormatSize(total), ranges.size());
}
std::string WipePartition::Describe() const {
  return fmt::format("wipe the {} places of /dev/{} that could hold a signature, and sync",
                     ranges.size(), device);
}
std::string MakeFilesystem::Describe() const {
  return fmt::format("make an ext4 of {} on /dev/{}, labelled {}{}", FormatSize(size), device,
                     kLabelNew, uuid.empty() ? "" : ", UUID " + uuid);
}
std::string Populate::Describe() const {
  return fmt::format("make the skeleton on /dev/{}, sync, and verify it by mounting again", device);
}
std::string SetLabel::Describe() const {
  return fmt::format("label /dev/{} {}: it is finished", device, kLabel);
}
std::string FinishSuperblock::Describe() const {
  return fmt::format("finish the write of the superblock of /dev/{} that a power cut tore", device);
}
std::string CheckFilesystem::Describe() const {
  switch (rung) {
    case Rung::kLook:
      return fmt::format("look whether /dev/{} can be read (e2fsck -n)", device);
    case Rung::kPreen:
      return fmt::format("repair /dev/{} where that is safe (e2fsck -p), undone if it fails",
                         device);
    case Rung::kFull:
      return fmt::format("repair /dev/{} (e2fsck -y), undone if it fails", device);
    case Rung::kBackup:
      return fmt::format(
          "repair /dev/{} from the backup superblock in block {} (e2fsck -y -b {} -B {}), undone "
          "if it fails",
          device, backup_block, backup_block, block_size);
  }
  return "";
}
std::string UndoRepairs::Describe() const {
  return fmt::format("undo the repairs of /dev/{}: they did not help", device);
}
std::string MountData::Describe() const {
  return fmt::format("mount /dev/{} on {} (nosuid,nodev,noexec,noatime,errors=remount-ro{})",
                     device, target, project_quota ? ",usrquota,prjquota" : "");
}
std::string FixMountFlags::Describe() const {
  return fmt::format("set nosuid,nodev,noexec,noatime on {}", target);
}
std::string FixSkeleton::Describe() const {
  std::string list;
  for (const auto& problem : problems) list += (list.empty() ? "" : "; ") + problem;
  return fmt::format("make the skeleton below {} right: {}", target, list);
}
std::string SaveUndo::Describe() const {
  return fmt::format("keep the metadata from before the repair in {}/control/repair", target);
}
std::string GrowFilesystem::Describe() const {
  return fmt::format("grow the file system on {} from {} to {}", target, FormatSize(from),
                     FormatSize(to));
}
std::string MountDegraded::Describe() const {
  return fmt::format("mount a tmpfs of at most {} and {} inodes on {} in place of BF_DATA",
                     FormatSize(size), inodes, target);
}

}  // namespace bf::provision::data
