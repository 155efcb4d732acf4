// SPDX-License-Identifier: Apache-2.0
#include "provision/layout/data_policy.h"

namespace bf::provision::layout {

DataPolicy ReadDataPolicy(policy::Reader& reader) {
  constexpr std::int64_t kSecond = 1000;
  DataPolicy data;
  data.at = reader.at();
  data.format = reader.Enum<FormatWhen>(
      "format", {{"intent", FormatWhen::kIntent}, {"intent-or-blank", FormatWhen::kIntentOrBlank}},
      FormatWhen::kIntent);
  data.damaged_superblock = reader.Enum<DamagedSuperblock>(
      "damaged_superblock",
      {{"keep", DamagedSuperblock::kKeep}, {"repair", DamagedSuperblock::kRepair}},
      DamagedSuperblock::kKeep);
  data.mount_point = reader.AbsolutePath("mount_point", "/var/lib/betterframe");
  data.min_growth = reader.Size("min_growth", 8 << 20);
  data.degraded_size = reader.Size("degraded_size", 64 << 20);
  data.degraded_inodes = reader.Integer("degraded_inodes", 64, 1 << 20, 4096);
  data.undo_size = reader.Size("undo_size", 64 << 20);
  data.format_timeout = reader.Milliseconds("format_timeout", 180 * kSecond);
  data.check_timeout = reader.Milliseconds("check_timeout", 60 * kSecond);
  data.repair_timeout = reader.Milliseconds("repair_timeout", 300 * kSecond);

  auto& wrong = reader.diagnostics();
  // The grown end is aligned down to 1 MiB: with less than that two boots would disagree.
  if (data.min_growth.value < (1 << 20)) {
    wrong.Add(data.min_growth.at, "min_growth must be at least 1MiB");
  }
  for (const auto* size : {&data.degraded_size, &data.undo_size}) {
    if (size->value < (1 << 20)) {
      wrong.Add(size->at, "less than 1MiB is of no use, and 0 would mean without a limit");
    }
  }
  for (const auto* timeout : {&data.format_timeout, &data.check_timeout, &data.repair_timeout}) {
    if (timeout->value < kSecond) wrong.Add(timeout->at, "a deadline must be at least 1s");
  }
  // Each runs at most once at a boot; e2fsck -n has the deadline of -p, and -y runs twice.
  if (data.format_timeout.value + 2 * data.check_timeout.value + 2 * data.repair_timeout.value >
      kTotalTimeout) {
    wrong.Add(data.repair_timeout.at,
              "format_timeout, twice check_timeout and twice repair_timeout are more than {}s "
              "together: systemd would end the stage half way",
              kTotalTimeout / kSecond);
  }
  if (data.mount_point.value == "/") wrong.Add(data.mount_point.at, "mount_point cannot be /");
  return data;
}

DataPolicy DefaultData() {
  const policy::Table nothing;
  policy::Diagnostics none;
  policy::Reader reader(nothing, {}, none);
  return ReadDataPolicy(reader);
}

}  // namespace bf::provision::layout
