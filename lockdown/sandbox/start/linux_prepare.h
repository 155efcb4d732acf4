// SPDX-License-Identifier: Apache-2.0
// All of a profile but its filter.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/start/stored.h"

namespace bf::lockdown::sandbox {

struct Ready {
  std::string program;  // where it is
  std::vector<std::string> environment;
};

// "NAME=value", as this process was given them.
std::vector<std::string> GivenEnvironment();

// Leaves this process with the capabilities and the descriptors of the profile, and proves it.
// What is left to do is to load the filter and to become the program.
Result<Ready> Prepare(const Stored& stored, const std::vector<std::string>& command,
                      const std::vector<std::string>& given);

}  // namespace bf::lockdown::sandbox
