// SPDX-License-Identifier: Apache-2.0
// Reads the facts of the machine below `root`. Changes nothing.
#pragma once

#include <string>

#include "overlays/facts.h"
#include "overlays/policy.h"

namespace bf::overlays {

// Mounts, the overlay module's defaults, and what is visible at each path.
Result<Facts> ObserveMounts(const Policy& policy, const std::string& root);
// The same with the OS' identity and what lies on BF_DATA.
Result<Facts> Observe(const Policy& policy, const std::string& root);

// The upper directory in force and the image's content under it, for `status`.
struct StoreTrees {
  Entry user;
  Entry lower;
};
Result<StoreTrees> ReadStoreTrees(const std::string& root, const std::string& data_mount_point,
                                  const std::string& name, unsigned generation);

inline constexpr const char* kStampFile = "stamp.json";
inline constexpr const char* kManifestFile = "lower.manifest";
inline constexpr const char* kReportFile = "report.txt";

}  // namespace bf::overlays
