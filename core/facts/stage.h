// SPDX-License-Identifier: Apache-2.0
// What a boot stage leaves behind for the others and for `bf-provision status`:
// /run/betterframe/STAGE.json.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"

namespace bf::facts {

inline constexpr std::string_view kStageDirectory = "/run/betterframe";

// The stages that every boot has, in their order.
inline constexpr std::string_view kStages[] = {"data", "state", "overlay", "boot", "lockdown"};
// "bf-data.service"
std::string UnitOf(std::string_view stage);

struct StageResult {
  std::string stage;              // one of kStages
  std::string result = "ok";      // "ok", "degraded", "failed"
  std::string reason;             // one line; empty when ok
  std::vector<std::string> done;  // steps carried out at this boot, as their plan describes them
  std::vector<std::string> problems;  // each one line: what is wrong, where, what it means
  std::uint64_t started_us = 0;       // CLOCK_BOOTTIME
  std::uint64_t took_us = 0;
  std::uint64_t cpu_us = 0;
  nlohmann::ordered_json details = nlohmann::ordered_json::object();  // the stage's own facts

  bool operator==(const StageResult&) const = default;
};

std::string StageResultToJson(const StageResult& result);
Result<StageResult> ParseStageResult(std::string_view text);

// Makes ROOT/run/betterframe (0755) and replaces STAGE.json in it.
Status WriteStageResult(const std::string& root, const StageResult& result);
// nullopt: the stage has not run at this boot.
Result<std::optional<StageResult>> ReadStageResult(const std::string& root, std::string_view stage);

// Make one first thing in a stage, and stamp the result with it last.
class StageClock {
 public:
  StageClock();
  void Stamp(StageResult& result) const;

 private:
  std::uint64_t started_us_;
};

}  // namespace bf::facts
