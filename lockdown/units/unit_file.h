// SPDX-License-Identifier: Apache-2.0
// The lines of a unit file, or of another file of systemd's format, as systemd 252 takes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bf::lockdown::units {

// "ExecStart" of [Service], and what stands behind the "=".
struct Setting {
  std::string section;
  std::string key;
  std::string value;
  int line = 0;  // the first, of those that a backslash joins
};

std::vector<Setting> ReadSettings(std::string_view text);

}  // namespace bf::lockdown::units
