// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

// Nothing for one that has ended. Of one that is only being started, what it is once it runs: its
// filter is loaded last.
std::optional<Process> ReadProcess(const std::string& root, const std::string& pid);

}  // namespace bf::lockdown::check
