// SPDX-License-Identifier: Apache-2.0
#include "core/disk/guid.h"

#include <sys/random.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>

namespace bf::disk {
namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Byte i of the text order is byte kOrder[i] of the stored order, and the other way round.
constexpr std::array<std::size_t, 16> kOrder{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

std::array<std::uint8_t, 16> Reorder(const std::array<std::uint8_t, 16>& bytes) {
  std::array<std::uint8_t, 16> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = bytes[kOrder[i]];
  return result;
}

}  // namespace

std::string Guid::ToString() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(kShape.size());
  std::size_t byte = 0;
  for (std::size_t i = 0; i < kShape.size();) {
    if (kShape[i] == '-') {
      text += '-';
      ++i;
      continue;
    }
    text += kDigits[bytes[byte] >> 4];
    text += kDigits[bytes[byte] & 15];
    ++byte;
    i += 2;
  }
  return text;
}

std::optional<Guid> Guid::Parse(std::string_view text) {
  if (text.size() != kShape.size()) return std::nullopt;
  Guid guid;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '-') {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    std::uint8_t& byte = guid.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>((byte << 4) | digit);
    ++nibble;
  }
  return guid;
}

Guid Guid::Literal(std::string_view text) {
  const auto guid = Parse(text);
  if (!guid) {
    (void)std::fprintf(stderr, "not a GUID literal: %.*s\n", static_cast<int>(text.size()),
                       text.data());
    std::abort();
  }
  return *guid;
}

std::array<std::uint8_t, 16> Guid::ToGptBytes() const { return Reorder(bytes); }

Guid Guid::FromGptBytes(std::array<std::uint8_t, 16> stored) { return Guid{Reorder(stored)}; }

Guid Guid::Random() {
  Guid guid;
  // 16 bytes come whole or not at all; without random numbers there is nothing sensible to go on
  // with.
  if (getrandom(guid.bytes.data(), guid.bytes.size(), 0) !=
      static_cast<ssize_t>(guid.bytes.size())) {
    std::perror("getrandom");
    std::abort();
  }
  guid.bytes[6] = static_cast<std::uint8_t>((guid.bytes[6] & 0x0f) | 0x40);
  guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

}  // namespace bf::disk
