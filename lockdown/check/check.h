// SPDX-License-Identifier: Apache-2.0
// The escape matrix of a machine: policy, what it compiles to, and facts in; a result for each row
// out. Pure.
#pragma once

#include <vector>

#include "lockdown/check/rows.h"

namespace bf::lockdown::check {

struct RowResult {
  const Row* row = nullptr;
  Outcome outcome;
};

// One for each of Rows(), in that order.
std::vector<RowResult> Check(const Policy& policy, const Expected& expected, const Facts& facts);
bool HasDrift(const std::vector<RowResult>& results);

}  // namespace bf::lockdown::check
