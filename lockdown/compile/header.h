// SPDX-License-Identifier: Apache-2.0
// What stands at the top of each file that is made from the policy, and how its lines name the
// policy's. Nothing here depends on where the policy lies: the same policy gives the same bytes.
#pragma once

#include <string>

#include "lockdown/policy/policy.h"

namespace bf::lockdown {

// Two comment lines that start with "#".
std::string Header(const Policy& policy);
// "input.toml:12"
std::string ShortRef(const SourceRef& at);

}  // namespace bf::lockdown
