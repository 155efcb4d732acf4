// SPDX-License-Identifier: Apache-2.0
// What a program in a sandbox is told: nothing but what its profile keeps or sets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/start/stored.h"

namespace bf::lockdown::sandbox {

// `given` is the environment as it is, "NAME=value" each.
std::vector<std::string> EnvironmentFor(const Stored& stored,
                                        const std::vector<std::string>& given);

// The value of a name, or "".
std::string_view ValueOf(const std::vector<std::string>& environment, std::string_view name);

// How many descriptors from 3 on the service manager hands over to the process `pid`; none where
// the profile does not take them.
Result<unsigned> HandedOver(const Stored& stored, const std::vector<std::string>& given,
                            std::int64_t pid);

// What the service manager hands over to the process `from` is for its child `to`.
void HandOn(std::vector<std::string>& environment, std::int64_t from, std::int64_t to);

}  // namespace bf::lockdown::sandbox
