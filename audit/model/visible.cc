// SPDX-License-Identifier: Apache-2.0
#include "audit/model/visible.h"

#include <cstdint>

#include "core/error/error.h"

namespace bf::audit {
namespace {

struct Decoded {
  std::size_t length = 0;
  std::uint32_t code = 0;
};
Decoded Decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {1, first};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4 || text.size() < length) return {};
  std::uint32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {length, code};
}

// Controls, and what is seen only by what it does to its neighbours.
bool IsHidden(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0x61c || code == 0xfeff;
}

}  // namespace

std::string Visible(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const Decoded one = Decode(text);
    const std::size_t length = one.length == 0 ? 1 : one.length;
    if (one.length == 0 || IsHidden(one.code)) {
      for (const char c : text.substr(0, length))
        safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      safe += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return safe;
}

}  // namespace bf::audit
