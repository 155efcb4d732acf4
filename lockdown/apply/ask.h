// SPDX-License-Identifier: Apache-2.0
// What udev asks about one device, with all that the answer takes from the machine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lockdown/apply/decide.h"

namespace bf::lockdown {

// A window that cannot be read is a closed one, and `warn` is told; so it is without a policy.
Situation SituationAt(const std::string& root, const Policy* policy,
                      const std::function<void(const std::string&)>& warn);

struct Question {
  std::string root;  // the process is the caller's own where this is not "/"
  std::string gate;
  std::string devpath;
  bool dry_run = false;
};

struct Reply {
  std::string line;                // for the rules
  std::vector<std::string> audit;  // why; in the journal by now, where it is about this machine
};

// Opens the policy only once the process has its limits.
using OpenPolicy = std::function<Result<std::unique_ptr<PolicySource>>()>;

Result<Reply> Ask(const Question& question, const OpenPolicy& open,
                  const std::function<void(const std::string&)>& warn);

}  // namespace bf::lockdown
