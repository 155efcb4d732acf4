// SPDX-License-Identifier: Apache-2.0
// Policy and facts in, plan out. Everything that shuts comes before anything that opens.
#pragma once

#include "lockdown/apply/action.h"
#include "lockdown/apply/facts.h"
#include "lockdown/judge/judge.h"

namespace bf::lockdown {

// `policy` is null when there is none that can be read: then everything is shut, and stays so.
Plan MakePlan(const Policy* policy, const Situation& situation, const Facts& facts);

// Every decision about what is there, for reports and the audit log.
std::vector<Decision> JudgeFacts(const Policy& policy, const Situation& situation,
                                 const Facts& facts);

// What is not as a settled machine has it, one line each; empty is what `apply` must end with.
std::vector<std::string> FindOpenGates(const Facts& facts);

}  // namespace bf::lockdown
