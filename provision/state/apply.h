// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "provision/state/plan.h"

namespace bf::provision::state {

struct ProjectWalk {
  bool finished = true;  // false: the next boot goes on
  std::vector<std::string> findings;
};

// The only thing that changes the machine here. Each verb is complete: it opens what it names
// beneath BF_DATA, checks what it got, and leaves it whole or untouched.
class Host {
 public:
  virtual ~Host() = default;
  // The name it has now.
  virtual Result<std::string> Do(const MoveAside& action) = 0;
  // What of the seed was left out, one line each.
  virtual Result<std::vector<std::string>> Do(const Create& action) = 0;
  virtual Status Do(const SetOwner& action) = 0;
  virtual Result<ProjectWalk> Do(const SetProject& action) = 0;
  virtual Status Do(const SetQuota& action) = 0;
  virtual Status Do(const SetOwnerQuota& action) = 0;
  virtual Status Do(const Bind& action) = 0;
  virtual Status Do(const Harden& action) = 0;
};

struct Report {
  std::vector<std::string> done;      // one line per step carried out
  std::vector<std::string> findings;  // what was met on the way and put right: somebody should know
  std::vector<std::string> problems;  // what could not be done
  std::set<std::string> unfinished;   // entries whose SetProject goes on at the next boot
};

// Carries out the steps in order. When one fails, what follows for the same entry is left out,
// except that a missing quota does not cost a service its state; the other entries go on.
Report Apply(const plan::Plan<Action>& steps, Host& host);

}  // namespace bf::provision::state
