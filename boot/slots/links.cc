// SPDX-License-Identifier: Apache-2.0
#include "boot/slots/links.h"

namespace bf::boot::slots {
namespace {

using provision::layout::Role;
using provision::layout::Slot;

std::string LinkName(Role role, Slot slot) {
  return fmt::format("{}-{}", role == Role::kRoot ? "root" : "boot", slot == Slot::kA ? "a" : "b");
}

}  // namespace

Result<std::vector<Link>> SlotLinks(const provision::layout::Layout& layout,
                                    const facts::Disk& disk) {
  std::vector<Link> links;
  std::vector<std::string> problems;
  for (const Role role : {Role::kRoot, Role::kBoot}) {
    for (const Slot slot : provision::layout::kSlots) {
      const std::string& name = layout.Get(role, slot).name.value;
      std::vector<std::string> found;
      for (const facts::Partition& partition : disk.partitions) {
        if (partition.name == name) found.push_back(partition.device);
      }
      if (found.size() != 1) {
        problems.push_back(fmt::format("{} has {} partitions {}", disk.device, found.size(), name));
        continue;
      }
      links.push_back({LinkName(role, slot), "/dev/" + found.front()});
    }
  }
  if (problems.empty()) return links;
  Error error;
  error.message = std::move(problems.front());
  error.also.assign(problems.begin() + 1, problems.end());
  return Failure(std::move(error));
}

}  // namespace bf::boot::slots
