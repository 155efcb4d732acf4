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

std::string Joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string text;
  text.reserve(size);
  for (const std::string_view part : parts) text += part;
  return text;
}

}  // namespace bf::lockdown
