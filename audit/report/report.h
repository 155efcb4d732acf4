// SPDX-License-Identifier: Apache-2.0
// One page that shows what a set of policies allows: no script, no network, nothing beside it.
#pragma once

#include <string>
#include <vector>

#include "audit/check/check.h"
#include "audit/model/change.h"
#include "audit/set/policy_set.h"
#include "lockdown/device/device.h"

namespace bf::audit {

struct ReportInput {
  const PolicySet& set;
  std::vector<Finding> findings;
  std::string old_name;  // "": there is nothing to compare with
  std::vector<Change> changes;
  std::vector<lockdown::device::Device> recorded;  // decided by the policy, and shown
};

std::string ToHtml(const ReportInput& report);

}  // namespace bf::audit
