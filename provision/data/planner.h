// SPDX-License-Identifier: Apache-2.0
// What to do about BF_DATA, from what is known. Pure. Nothing is remembered between boots: the
// disk alone decides, and the attempts of this boot, so a power cut anywhere leads on.
#pragma once

#include <string>
#include <vector>

#include "provision/data/actions.h"
#include "provision/data/facts.h"
#include "provision/data/policy.h"

namespace bf::provision::data {

struct DataPlan {
  Steps steps;                     // optimistic: what remains if every step succeeds
  bool degraded = false;           // BF_DATA cannot be used; steps are the tmpfs at most
  std::string reason;              // why, and what to do, in one line
  std::vector<std::string> notes;  // what is not right, though BF_DATA is in use
  std::string device;              // of BF_DATA, where there is one
};

DataPlan PlanData(const DataPolicy& policy, const DataFacts& facts);

}  // namespace bf::provision::data
