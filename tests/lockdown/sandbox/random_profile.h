// SPDX-License-Identifier: Apache-2.0
// Profiles nobody would write: few system calls, many conditions that nearly overlap.
#pragma once

#include <random>

#include "lockdown/sandbox/policy/policy.h"

namespace bf::test {

lockdown::sandbox::Profile RandomProfile(std::mt19937_64& random);

}  // namespace bf::test
