// SPDX-License-Identifier: Apache-2.0
// Policy to udev rules. The rules shut everything by themselves; to let something in they ask
// bf-lockdown-decide, and only for devices that an entry could mean. So a decide that is missing,
// crashes or hangs lets nothing in.
#pragma once

#include <string>
#include <vector>

#include "lockdown/policy/policy.h"

namespace bf::udev_rules {

struct RulesFile {
  std::string name;  // "10-betterframe-lockdown.rules"
  std::string text;
};

// Early: shuts, and asks. Its final assignments (:=) hold against every later file.
inline constexpr std::string_view kGatesFile = "10-betterframe-lockdown.rules";
// After the stock files have given tags, before 73-seat-late.rules acts on them.
inline constexpr std::string_view kTagsFile = "72-betterframe-lockdown.rules";

// It is called as `bf-lockdown-decide usb|hid|input DEVPATH`, writes what follows from its answer,
// and prints one line, with exit code 0:
//   "allow ENTRY"   let in; root, and the group of the entry, may open the event nodes
//   "filter ENTRY"  for the filter daemon alone
//   "deny"
// Anything else, and any other exit code, means that it could not judge: nothing was let in, and
// what had been let in before stays so.
std::vector<RulesFile> Compile(const lockdown::Policy& policy);

}  // namespace bf::udev_rules
