// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/check.h"

#include <algorithm>

namespace bf::lockdown::check {

std::vector<RowResult> Check(const Policy& policy, const Expected& expected, const Facts& facts) {
  std::vector<RowResult> results;
  const Context context{policy, expected, facts};
  for (const Row& row : Rows()) {
    RowResult result{&row, {}};
    row.judge(context, result.outcome);
    results.push_back(std::move(result));
  }
  return results;
}

bool HasDrift(const std::vector<RowResult>& results) {
  return std::any_of(results.begin(), results.end(), [](const RowResult& result) {
    return result.outcome.verdict() == Verdict::kDrift;
  });
}

}  // namespace bf::lockdown::check
