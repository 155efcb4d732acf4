// SPDX-License-Identifier: Apache-2.0
// The uinput device that a filter gives its keys on through. It can send these keys and nothing
// else, and goes away with this process.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"
#include "lockdown/filter/key_filter.h"

namespace bf::lockdown::filter {

class Output {
 public:
  static Result<Output> Make(const std::string& path, const std::string& name,
                             const std::set<std::uint16_t>& keys);
  Status Write(const std::vector<Event>& events);

 private:
  host::UniqueFd fd_;
};

// Gives up every capability; what is needed is open by then.
Status DropCapabilities();

// Readable events until SIGTERM or SIGINT: kEnd then.
enum class Woken { kEvents, kEnd };
class Waiter {
 public:
  static Result<Waiter> Make();
  Result<Woken> Wait(int fd);

 private:
  host::UniqueFd signals_;
};

}  // namespace bf::lockdown::filter
