// SPDX-License-Identifier: Apache-2.0
#include "lockdown/judge/text.h"

#include <fmt/format.h>

namespace bf::lockdown {

std::string Shown(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string shown = "\"";
  for (const char c : text) {
    if (shown.size() > kLongest) {
      shown += "…";
      break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      shown += fmt::format("\\{}", c);
    else if (byte < 0x20 || byte >= 0x7f)
      shown += fmt::format("\\x{:02x}", byte);
    else
      shown += c;
  }
  return shown + "\"";
}

}  // namespace bf::lockdown
