// SPDX-License-Identifier: Apache-2.0
#include "provision/status/facts.h"

namespace bf::provision::status {
namespace {

// At nine tenths somebody should know; what happens at ten is the quota's business.
bool NearlyFull(std::uint64_t used, std::uint64_t limit) {
  return limit != 0 && used / 9 >= limit / 10;
}

std::string LogOf(const std::string& stage) {
  return fmt::format("journalctl -b -u {}; docs/operations.md", facts::UnitOf(stage));
}

}  // namespace

std::vector<Attention> Judge(const Status& status) {
  std::vector<Attention> attention;
  bool bound_at_boot = false;
  for (const std::string_view name : facts::kStages) {
    const std::string stage(name);
    const facts::StageResult* found = nullptr;
    for (const auto& one : status.stages) {
      if (one.stage == stage) found = &one;
    }
    if (found == nullptr) {
      attention.push_back(
          {stage, "has not run at this boot", "systemctl status " + facts::UnitOf(stage)});
    } else if (found->result != "ok") {
      attention.push_back({stage, found->result + ": " + found->reason, LogOf(stage)});
    }
    if (found == nullptr) continue;
    if (stage == "state") bound_at_boot = found->result == "ok";
    for (const std::string& problem : found->problems) {
      if (problem != found->reason) attention.push_back({stage, problem, LogOf(stage)});
    }
  }
  if (status.machine_id.empty()) {
    attention.push_back({"data", "the machine id is missing or not one",
                         "rebuild the initramfs with betterframe-device installed"});
  }
  if (status.data && NearlyFull(status.data->used, status.data->size)) {
    attention.push_back({"data", "BF_DATA is nearly full",
                         "see the quotas below; a factory reset empties it (bf-provision reset)"});
  }
  for (const StateRow& row : status.state) {
    // Where bf-state failed it has said so itself.
    if (!row.bound && bound_at_boot) {
      attention.push_back({"state", row.path + " was bound at boot and is no more",
                           "find out who unmounted it; systemctl restart bf-state binds it again"});
    }
    if (!row.quota) continue;
    if (NearlyFull(row.quota->used_bytes, row.quota->limit_bytes) ||
        NearlyFull(row.quota->used_inodes, row.quota->limit_inodes)) {
      attention.push_back(
          {"state", row.path + " is near its quota", "empty it, or raise its quota in state.toml"});
    }
  }
  return attention;
}

}  // namespace bf::provision::status
