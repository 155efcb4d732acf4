// SPDX-License-Identifier: Apache-2.0
// Control groups: each running unit has one by its name, wherever its slice puts it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

inline constexpr std::string_view kControlGroups = "/sys/fs/cgroup";

// `top` and all that are below it. What ends while this looks is left out; what cannot be looked
// into is a problem, and so are more than any machine has.
Seen<std::string> GroupsBelow(const std::string& root, const std::string& top);

// The groups of the whole tree, by their last names; several of one name are all there.
struct ControlGroups {
  std::map<std::string, std::vector<std::string>, std::less<>> by_name;
  std::string problem{kNotRead};

  std::vector<std::string> Of(const std::string& unit) const;
};
ControlGroups ReadControlGroups(const std::string& root);

// The processes of a group and of the groups below it, which a service may make for itself.
Seen<std::string> PidsBelow(const std::string& root, const std::string& group);

}  // namespace bf::lockdown::check
