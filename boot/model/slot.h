// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace bf::boot {

enum class Slot { kA, kB };
inline constexpr std::array<Slot, 2> kSlots = {Slot::kA, Slot::kB};

// The bootname RAUC knows it by.
constexpr std::string_view Name(Slot slot) { return slot == Slot::kA ? "A" : "B"; }
constexpr Slot Other(Slot slot) { return slot == Slot::kA ? Slot::kB : Slot::kA; }
constexpr std::size_t IndexOf(Slot slot) { return slot == Slot::kA ? 0 : 1; }
constexpr std::optional<Slot> SlotNamed(std::string_view name) {
  if (name == "A") return Slot::kA;
  if (name == "B") return Slot::kB;
  return std::nullopt;
}

}  // namespace bf::boot
