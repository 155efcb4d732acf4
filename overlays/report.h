// SPDX-License-Identifier: Apache-2.0
// What `bf-overlay` prints. Pure: values in, text out.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/facts/stage.h"
#include "overlays/apply.h"
#include "overlays/check.h"
#include "overlays/plan.h"

namespace bf::overlays {

using Json = nlohmann::ordered_json;

Json PlanToJson(const OverlayPlan& plan);

// /run/betterframe/overlay.json; times are for the caller to stamp. `after` is what was read back.
facts::StageResult StageOf(const Policy& policy, const Applied& applied, const OverlayPlan& plan,
                           const Facts& after);

struct CheckReport {
  std::vector<Finding> findings;
  std::vector<Writable> writable;
};
std::string CheckToText(const CheckReport& report);
Json CheckToJson(const CheckReport& report);

struct PathStatus {
  const WritablePath* entry = nullptr;
  std::string state;  // "mounted", "degraded", "not mounted", "wrong"
  std::vector<std::string> wrong;
  std::uint64_t bytes = 0;  // what it may hold, as the file system says
  std::uint64_t inodes = 0;
  // Persistent ones only.
  std::vector<GenerationFacts> generations;
  unsigned in_force = 0;
  std::string store_problem;
  std::vector<Pin> pins;
  std::string pins_problem;  // why they are not known
};
struct StatusReport {
  OsIdentity os;
  std::optional<facts::StageResult> stage;  // of this boot
  std::vector<PathStatus> paths;
};
std::string StatusToText(const StatusReport& report);
Json StatusToJson(const StatusReport& report);

std::string ToText(const Json& json);

}  // namespace bf::overlays
