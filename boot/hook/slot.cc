// SPDX-License-Identifier: Apache-2.0
#include "boot/hook/slot.h"

namespace bf::boot::hook {
namespace {

// As in layout.toml of every release: a device in the field cannot change them.
std::string BootName(const std::string& slot) { return "BF_BOOT_" + slot; }
std::string RootName(const std::string& slot) { return "BF_ROOT_" + slot; }

}  // namespace

Result<std::string> SlotLetter(const std::string& slot_name) {
  if (slot_name == "bootfs.0") return std::string("A");
  if (slot_name == "bootfs.1") return std::string("B");
  return FailKind(ErrorKind::kRefused, "slot \"{}\" is neither bootfs.0 nor bootfs.1", slot_name);
}

Result<Target> FindTarget(const Call& call, const Device& device, const disk::GptTable& table) {
  BF_ASSIGN(const std::string slot, SlotLetter(call.slot_name));
  const disk::GptEntry* boot = table.Find(device.index);
  if (boot == nullptr) {
    return FailKind(ErrorKind::kRefused, "{} is in no entry of its disk's partition table",
                    device.path);
  }
  const std::string name = BootName(slot);
  if (boot->name != name) {
    return FailKind(ErrorKind::kRefused, "{} is called \"{}\", and {} is {}", device.path,
                    boot->name, call.slot_name, name);
  }
  if (boot->first_lba * table.sector_size != device.start ||
      (boot->last_lba - boot->first_lba + 1) * table.sector_size != device.size) {
    return FailKind(ErrorKind::kRefused, "{} is not where the partition table has it", device.path);
  }
  Target target;
  target.device = device;
  target.slot = slot;
  target.label = name;
  int roots = 0;
  for (const disk::GptEntry& entry : table.entries) {
    if (entry.name != RootName(slot)) continue;
    target.root_partition = entry.id;
    ++roots;
  }
  if (roots != 1) {
    return FailKind(ErrorKind::kRefused, "the disk of {} has {} partitions {}", device.path, roots,
                    RootName(slot));
  }
  return target;
}

}  // namespace bf::boot::hook
