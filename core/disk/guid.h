// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bf::disk {

// A GUID/UUID in the order it is written as text. GPT stores the first three groups little-endian
// (UEFI 2.10, appendix A); ext4 stores all bytes in text order.
struct Guid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Guid&) const = default;
  bool IsZero() const { return *this == Guid{}; }
  std::string ToString() const;  // lower case, with dashes
  static std::optional<Guid> Parse(std::string_view text);
  // Parse() for literals; a wrong literal ends the program at its first use.
  static Guid Literal(std::string_view text);

  std::array<std::uint8_t, 16> ToGptBytes() const;
  static Guid FromGptBytes(std::array<std::uint8_t, 16> stored);

  // A version-4 UUID from getrandom(2).
  static Guid Random();
};

// Partition types we use.
inline constexpr std::string_view kTypeLinuxData = "0fc63daf-8483-4772-8e79-3d69d8477de4";
inline constexpr std::string_view kTypeMicrosoftBasicData = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7";
inline constexpr std::string_view kTypeEfiSystem = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
// Ours: a BF_DATA partition that has never held data. Generated once, at random, for this use.
inline constexpr std::string_view kTypeBfDataUnformatted = "9e1b52a4-6d0c-4c5e-9f0a-bfda7a0f0a01";

}  // namespace bf::disk
