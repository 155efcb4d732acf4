// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>

#include "core/policy/reader.h"

namespace bf::policy {
namespace {

struct Unit {
  std::string_view suffix;
  unsigned shift;
};
constexpr std::array<Unit, 5> kUnits = {
    Unit{"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};

}  // namespace

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
  if (digits == 0 || code != std::errc() || end != text.data() + digits) return std::nullopt;
  std::string_view suffix = text.substr(digits);
  while (suffix.starts_with(' ')) suffix.remove_prefix(1);
  if (suffix.empty()) suffix = "B";
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix) continue;
    const double bytes = std::ldexp(number, static_cast<int>(unit.shift));
    // Beyond 2^53 a double no longer counts bytes; nobody has such a disk.
    if (bytes != std::floor(bytes) || bytes > 9007199254740992.0) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string FormatSize(std::uint64_t bytes) {
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes >= (1ULL << kUnits[unit + 1].shift)) ++unit;
  const double number =
      std::ldexp(static_cast<double>(bytes), -static_cast<int>(kUnits[unit].shift));
  if (number == std::floor(number)) return fmt::format("{:.0f} {}", number, kUnits[unit].suffix);
  return fmt::format("{:.1f} {}", number, kUnits[unit].suffix);
}

}  // namespace bf::policy
