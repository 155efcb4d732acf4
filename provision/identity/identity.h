// SPDX-License-Identifier: Apache-2.0
// The machine id is the ext4 UUID of BF_DATA, written without dashes. So it is the same on every
// boot and in both slots, it lives and dies with the pairing state, no file of its own can be
// empty or half written, and a damaged superblock still has it in the backups. Before the first
// BF_DATA is made, a random UUID is drawn and handed to bf-data, which formats with exactly that.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/disk/gpt.h"
#include "core/disk/guid.h"
#include "core/error/error.h"
#include "core/facts/block.h"

namespace bf::provision::identity {

enum class Origin {
  kFileSystem,  // the UUID of a finished BF_DATA
  kBackup,      // the same, out of a backup superblock: the primary is damaged
  kDrawn,       // there is no finished BF_DATA yet
};

struct Identity {
  disk::Guid uuid;
  Origin origin = Origin::kDrawn;
  std::string note;  // why it was drawn, for the log

  // 32 lower-case hexadecimal digits, as machine-id(5) wants them.
  std::string MachineId() const;
};

// 32 lower-case hexadecimal digits that are not all zero; "uninitialized" is none (machine-id(5)).
bool IsMachineId(std::string_view text);

// The only partition called BF_DATA on `disk`, or why there is none.
Result<facts::Partition> FindData(const facts::Disk& disk);

// The UUID of the finished file system in a partition of `size` bytes; nullopt if there is none.
// An unreadable primary is passed over for the backups; only the label BF_DATA counts.
std::optional<Identity> ReadIdentity(const disk::ReadDisk& read, std::uint64_t size);

// Where bf-data looks for the UUID it is to format with: one line, the UUID with dashes.
inline constexpr std::string_view kDataUuidPath = "/run/betterframe/data-uuid";

}  // namespace bf::provision::identity
