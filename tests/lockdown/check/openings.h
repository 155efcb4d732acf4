// SPDX-License-Identifier: Apache-2.0
// Ways to open a device that is shut, and the rows of the matrix that each turns red.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/lockdown/check/clean_device.h"

namespace bf::lockdown::check {

struct Opening {
  std::string what;
  void (*open)(CleanDevice& device);
  std::set<std::string> red;
};

// Of input, consoles and the files of bf-lockdown.
const std::vector<Opening>& InputOpenings();
// Of the services' sandboxes.
const std::vector<Opening>& SandboxOpenings();

}  // namespace bf::lockdown::check
