// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/value.h"

namespace bf::udev_rules {

// udev takes a plain value as it stands, but for \" which is a quote; a backslash before the
// closing quote would swallow it. A value with any of *?[ is a pattern of fnmatch(3), in which
// a bracket makes each of them, and the backslash, a character like others.
std::optional<std::string> Literal(std::string_view text) {
  std::string value = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '|') return std::nullopt;
    switch (c) {
      case '"':
        value += "\\\"";
        break;
      case '\\':
        value += "[\\\\]";
        break;
      case '*':
      case '?':
      case '[':
        value += '[';
        value += c;
        value += ']';
        break;
      default:
        value += c;
    }
  }
  return value + "\"";
}

}  // namespace bf::udev_rules
