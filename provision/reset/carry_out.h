// SPDX-License-Identifier: Apache-2.0
// Carries out a requested factory reset. Whatever interrupts it, the request is still there, and
// the next boot starts over: every step is one that can be done twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "provision/reset/plan.h"
#include "provision/reset/request.h"
#include "provision/state/policy.h"

namespace bf::provision::reset {

class Host {
 public:
  virtual ~Host() = default;
  // nullopt: nobody asked. An error: something is there that is not a request.
  virtual Result<std::optional<Request>> ReadRequest() = 0;
  virtual Result<Listing> List() = 0;
  virtual Status RemovePath(const std::string& path) = 0;
  // On the disk, all of it.
  virtual Status Flush() = 0;
  virtual Status WriteRecord(const Request& request) = 0;
  virtual Status ClearRequest() = 0;
};

struct Outcome {
  bool requested = false;
  bool finished = false;
  std::vector<std::string> done;
  std::vector<std::string> problems;
};

Outcome CarryOut(const state::Policy& policy, Host& host);

}  // namespace bf::provision::reset
