// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/unescape.h"

#include <charconv>

namespace bf::udev_rules {
namespace {

void AppendUtf8(std::uint32_t code, std::string& text) {
  const auto byte = [&text](std::uint32_t value) { text += static_cast<char>(value & 0xff); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6));
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | (code >> 18));
    byte(0x80 | ((code >> 12) & 0x3f));
    byte(0x80 | ((code >> 6) & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

// Exactly `digits` of them; nothing for NUL and for what is no character.
std::optional<std::uint32_t> Number(std::string_view& raw, std::size_t digits, int base) {
  if (raw.size() < digits) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = raw.data() + digits;
  const auto [stopped, code] = std::from_chars(raw.data(), end, value, base);
  if (code != std::errc() || stopped != end || value == 0) return std::nullopt;
  raw.remove_prefix(digits);
  return value;
}

bool AppendEscape(std::string_view& raw, std::string& text) {
  constexpr std::string_view kFrom = "abfnrtv\\\"'s";
  constexpr std::string_view kTo = "\a\b\f\n\r\t\v\\\"' ";
  const char kind = raw.front();
  if (const std::size_t at = kFrom.find(kind); at != std::string_view::npos) {
    raw.remove_prefix(1);
    text += kTo[at];
    return true;
  }
  const bool octal = kind >= '0' && kind <= '7';
  if (!octal) raw.remove_prefix(1);
  const std::size_t digits = octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits == 0) return false;
  const auto value = Number(raw, digits, octal ? 8 : 16);
  if (!value) return false;
  if (octal || kind == 'x') {
    if (*value > 0xff) return false;
    text += static_cast<char>(*value);
    return true;
  }
  if (*value > 0x10ffff || (*value >= 0xd800 && *value < 0xe000)) return false;
  AppendUtf8(*value, text);
  return true;
}

}  // namespace

std::string UnescapeQuotes(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && raw.substr(i + 1).starts_with('"')) ++i;
    text += raw[i];
  }
  return text;
}

std::optional<std::string> UnescapeC(std::string_view raw) {
  std::string text;
  while (!raw.empty()) {
    const char c = raw.front();
    raw.remove_prefix(1);
    if (c != '\\') {
      text += c;
    } else if (raw.empty() || !AppendEscape(raw, text)) {
      return std::nullopt;
    }
  }
  return text;
}

}  // namespace bf::udev_rules
