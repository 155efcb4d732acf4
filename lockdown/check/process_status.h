// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bf::lockdown::check {

// A field of /proc/PID/status; "" where it is not.
inline std::string_view StatusField(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":\t"))
      return line.substr(name.size() + 2);
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
  }
  return {};
}

}  // namespace bf::lockdown::check
