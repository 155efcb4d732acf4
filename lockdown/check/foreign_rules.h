// SPDX-License-Identifier: Apache-2.0
// udev rules of others that undo what the policy's do. Pure.
#pragma once

#include <string>
#include <vector>

#include "lockdown/check/expected.h"
#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

struct ForeignRule {
  std::string at;  // "/etc/udev/rules.d/99-zz.rules:3"
  std::string what;
};

// `files` are all rules files in effect, in the order in which udev reads them. Files whose bytes
// the policy compiles to are not foreign.
std::vector<ForeignRule> FindForeignRules(const Expected& expected,
                                          const std::vector<ConfigFile>& files);

}  // namespace bf::lockdown::check
