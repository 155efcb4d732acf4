// SPDX-License-Identifier: Apache-2.0
// Observe, plan, apply, until nothing is left to do.
#pragma once

#include <functional>

#include "provision/data/host.h"
#include "provision/data/planner.h"

namespace bf::provision::data {

struct Outcome {
  DataPlan last;                    // empty of steps, unless it does not settle
  DataFacts facts;                  // as the last plan saw them
  std::vector<std::string> done;    // steps that succeeded
  std::vector<std::string> failed;  // "step: why"
  bool settled = true;
};

// Called before each step.
using OnStep = std::function<void(const Action&)>;

Outcome Converge(const DataPolicy& policy, DataProbe& probe, DataHost& host, const OnStep& on_step);

}  // namespace bf::provision::data
