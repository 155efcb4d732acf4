// SPDX-License-Identifier: Apache-2.0
// Whether what is mounted at a path is what the policy asks for. Pure; planner and check share it.
#pragma once

#include <string>
#include <vector>

#include "overlays/facts.h"
#include "overlays/policy.h"

namespace bf::overlays {

enum class MountState {
  kAbsent,
  kRight,
  kStandIn,  // a tmpfs holds the changes although BF_DATA should: degraded, but bounded
  kWrong,
};

struct Judgement {
  MountState state = MountState::kAbsent;
  std::vector<std::string> wrong;  // each one clause: "may hold 128 MiB, not 64 MiB"
  bool can_adjust = false;         // a tmpfs of which only limits or flags are wrong
};

Judgement Judge(const WritablePath& entry, const Facts& facts, const std::string& data_mount_point);

// The options every overlay is mounted with.
struct OverlayOption {
  const char* name;
  const char* value;
};
const std::vector<OverlayOption>& OverlayOptions();

// What is not as OverlayOptions() demands, read from mountinfo and the module's defaults.
std::vector<std::string> WrongOverlayOptions(const facts::Mount& mount,
                                             const OverlayDefaults& defaults);

}  // namespace bf::overlays
