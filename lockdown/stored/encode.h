// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "lockdown/policy/policy.h"

namespace bf::lockdown::stored {

// Identical bytes from identical policies, wherever they lie.
std::string Encode(const Policy& policy);
// Refuses where what lies at kStoredPath below ROOT is anything else.
Status MatchesWhatIsStored(const std::string& root, const Policy& policy);

}  // namespace bf::lockdown::stored
