// SPDX-License-Identifier: Apache-2.0
// Observe, plan, act, and again, until nothing is left to do: what one step opens brings the next
// device. Whatever cannot be shut is told, and what would have opened behind it stays shut.
#pragma once

#include "lockdown/apply/plan.h"

namespace bf::lockdown {

enum class Severity { kNote, kDegraded, kFailed };

struct Problem {
  Severity severity = Severity::kNote;
  std::string text;

  bool operator==(const Problem&) const = default;
};

struct Applied {
  std::vector<std::string> done;
  std::vector<Problem> problems;
  Facts after;

  std::string result() const;  // "ok", "degraded", "failed"
};

// `policy` is null when it cannot be read.
Applied Apply(const Policy* policy, const Situation& situation, Kernel& kernel);

}  // namespace bf::lockdown
