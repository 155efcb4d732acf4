// SPDX-License-Identifier: Apache-2.0
#include "lockdown/device/hex.h"

#include <fmt/format.h>

#include <array>

namespace bf::lockdown::device {
namespace {

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string ToHex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[2 * i] = kDigits[byte >> 4U];
    text[2 * i + 1] = kDigits[byte & 15U];
  }
  return text;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = Digit(text[i]);
    const int low = Digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string Hex16(std::uint16_t value) {
  const std::array bytes = {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
  return ToHex({bytes.data(), bytes.size()});
}

std::optional<std::uint16_t> ParseHex16(std::string_view text) {
  if (text.size() != 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    const int digit = Digit(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return static_cast<std::uint16_t>(value);
}

std::string ToString(const ClassCode& code) {
  return fmt::format("{:02x}/{:02x}/{:02x}", code.base, code.subclass, code.protocol);
}

std::optional<ClassCode> ParseClassCode(std::string_view text) {
  if (text.size() != 8 || text[2] != '/' || text[5] != '/') return std::nullopt;
  const auto base = FromHex(text.substr(0, 2));
  const auto subclass = FromHex(text.substr(3, 2));
  const auto protocol = FromHex(text.substr(6, 2));
  if (!base || !subclass || !protocol) return std::nullopt;
  const auto byte = [](const std::string& one) { return static_cast<std::uint8_t>(one.front()); };
  return ClassCode{byte(*base), byte(*subclass), byte(*protocol)};
}

std::string ToString(const InputId& id) {
  return fmt::format("{:04x}:{:04x}:{:04x}:{:04x}", id.bus, id.vendor, id.product, id.version);
}

std::optional<InputId> ParseInputId(std::string_view text) {
  if (text.size() != 19 || text[4] != ':' || text[9] != ':' || text[14] != ':') return std::nullopt;
  const auto bus = ParseHex16(text.substr(0, 4));
  const auto vendor = ParseHex16(text.substr(5, 4));
  const auto product = ParseHex16(text.substr(10, 4));
  const auto version = ParseHex16(text.substr(15, 4));
  if (!bus || !vendor || !product || !version) return std::nullopt;
  return InputId{*bus, *vendor, *product, *version};
}

}  // namespace bf::lockdown::device
