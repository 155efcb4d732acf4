// SPDX-License-Identifier: Apache-2.0
// The repair ladder of one boot: mount → e2fsck -p → e2fsck -y → degraded.
#pragma once

#include "provision/data/judge.h"
#include "provision/data/planner.h"

namespace bf::provision::data {

struct Climb {
  std::vector<Action> steps;  // up to and with the mount, if every step succeeds
  std::string gave_up;        // not empty: nothing is left to try
};
Climb PlanLadder(const DataPolicy& policy, const DataFacts& facts, const Target& target,
                 const Judgement& judgement);

}  // namespace bf::provision::data
