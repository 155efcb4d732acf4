// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lockdown/check/facts.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown::check {

// The devices that are there, and whether a maintenance window is open: as `apply` reads both.
void ReadDevices(const std::string& root, const Policy& policy, Facts& facts);

}  // namespace bf::lockdown::check
