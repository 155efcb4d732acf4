// SPDX-License-Identifier: Apache-2.0
// The [data] table of layout.toml: how bf-data treats BF_DATA.
#pragma once

#include <string>

#include "core/policy/reader.h"

namespace bf::provision::layout {

// What a partition may be formatted for.
enum class FormatWhen {
  kIntent,         // its GPT type says that it never held data
  kIntentOrBlank,  // or a strictly blank one of Linux type
};
// What happens to a finished BF_DATA whose superblock cannot be trusted but whose backups can.
enum class DamagedSuperblock { kKeep, kRepair };

struct DataPolicy {
  policy::Located<FormatWhen> format{FormatWhen::kIntent, {}};
  policy::Located<DamagedSuperblock> damaged_superblock{DamagedSuperblock::kKeep, {}};
  policy::Located<std::string> mount_point;
  policy::Located<std::uint64_t> min_growth;     // less slack than this is left alone
  policy::Located<std::uint64_t> degraded_size;  // of the tmpfs that stands in
  policy::Located<std::int64_t> degraded_inodes;
  policy::Located<std::uint64_t> undo_size;      // memory for the undo files of a repair
  policy::Located<std::int64_t> format_timeout;  // milliseconds, mkfs.ext4
  policy::Located<std::int64_t> check_timeout;   // e2fsck -p
  policy::Located<std::int64_t> repair_timeout;  // each e2fsck -y
  SourceRef at;                                  // the table
};

// All deadlines of one boot together, in milliseconds. TimeoutStartSec= of bf-data.service leaves
// room beyond that for what has none: undoing a repair, and syncing.
inline constexpr std::int64_t kTotalTimeout = 900'000;

DataPolicy ReadDataPolicy(policy::Reader& reader);
// What holds where a policy says nothing.
DataPolicy DefaultData();

}  // namespace bf::provision::layout
