// SPDX-License-Identifier: Apache-2.0
#include "provision/identity/identity.h"

#include <array>

#include "core/disk/ext4.h"

namespace bf::provision::identity {
namespace {

constexpr std::string_view kDataName = "BF_DATA";

std::optional<disk::Guid> FinishedUuid(const std::optional<disk::Ext4Super>& super) {
  if (!super || !super->Trusted() || super->label != kDataName || super->uuid.IsZero()) {
    return std::nullopt;
  }
  return super->uuid;
}

}  // namespace

std::string Identity::MachineId() const {
  std::string text = uuid.ToString();
  std::erase(text, '-');
  return text;
}

bool IsMachineId(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos &&
         text.find_first_not_of('0') != text.npos;
}

Result<facts::Partition> FindData(const facts::Disk& disk) {
  const facts::Partition* found = nullptr;
  for (const facts::Partition& partition : disk.partitions) {
    if (partition.name != kDataName) continue;
    if (found != nullptr) {
      return Fail("{} and {} are both called {}", found->device, partition.device, kDataName);
    }
    found = &partition;
  }
  if (found == nullptr) return Fail("no partition of {} is called {}", disk.device, kDataName);
  return *found;
}

std::optional<Identity> ReadIdentity(const disk::ReadDisk& read, std::uint64_t size) {
  std::array<std::byte, disk::kExt4SuperSize> bytes{};
  if (read(disk::kExt4SuperOffset, bytes)) {
    if (const auto uuid = FinishedUuid(disk::ParseExt4Super(bytes))) {
      return Identity{*uuid, Origin::kFileSystem, {}};
    }
  }
  const auto backups = disk::FindExt4Backups(read, size);
  if (!backups) return std::nullopt;
  for (const disk::Ext4Backup& backup : *backups) {
    if (!disk::IsBelievable(backup)) continue;
    if (const auto uuid = FinishedUuid(backup.super)) return Identity{*uuid, Origin::kBackup, {}};
  }
  return std::nullopt;
}

}  // namespace bf::provision::identity
