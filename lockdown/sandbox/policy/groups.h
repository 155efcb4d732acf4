// SPDX-License-Identifier: Apache-2.0
// Named sets of system calls, so that a profile reads as what a process does. A change of what a
// group holds is a new version: a profile says which version it was reviewed against.
#pragma once

#include <span>
#include <string_view>

namespace bf::lockdown::sandbox {

struct Group {
  std::string_view name;  // "@io"
  std::string_view what;  // one line
  // Names and conditions, as a profile would write them.
  std::span<const std::string_view> entries;
};

std::span<const Group> Groups();
const Group* FindGroup(std::string_view name);

}  // namespace bf::lockdown::sandbox
