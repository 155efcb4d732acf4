// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace bf::lockdown {

// GATE DEVPATH, of this machine and its policy; the exit codes are those of `bf-lockdown decide`.
int RunDecide(const std::vector<std::string>& args);

}  // namespace bf::lockdown
