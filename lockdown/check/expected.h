// SPDX-License-Identifier: Apache-2.0
// What the policy compiles to, as the check compares it with the device.
#pragma once

#include <string>
#include <vector>

#include "lockdown/policy/policy.h"
#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::check {

struct Fragment {
  std::string path;  // where it is installed: "/usr/lib/udev/rules.d/…"
  std::string text;  // its bytes; of a symlink, where it points
  bool link = false;

  bool operator==(const Fragment&) const = default;
};

struct Expected {
  std::vector<Fragment> fragments;
  std::vector<std::string> words;  // of the kernel command line
  std::vector<sandbox::Profile> profiles;
};

Expected ExpectedOf(const Policy& policy, std::vector<sandbox::Profile> profiles);

}  // namespace bf::lockdown::check
