// SPDX-License-Identifier: Apache-2.0
// A bitmap as sysfs shows it below an input device: hex words of 64 bits, the highest first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::lockdown::input {

class Bitmap {
 public:
  static constexpr std::size_t kWords = 12;  // of the largest, the keys: KEY_CNT is 0x300
  static constexpr std::size_t kBits = kWords * 64;

  constexpr bool operator==(const Bitmap&) const = default;
  constexpr bool Test(std::size_t bit) const {
    return bit < kBits && ((words_[bit / 64] >> (bit % 64)) & 1) != 0;
  }
  constexpr void Set(std::size_t bit) {
    if (bit < kBits) words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  // Any bit of [first, last]?
  constexpr bool AnyOf(std::size_t first, std::size_t last) const {
    for (std::size_t bit = first; bit <= last; ++bit) {
      if (Test(bit)) return true;
    }
    return false;
  }
  constexpr bool None() const { return *this == Bitmap(); }
  // True if every bit that is set here is set in `other`, too.
  bool IsSubsetOf(const Bitmap& other) const;
  std::size_t Count() const;

  constexpr std::uint64_t Word(std::size_t index) const { return words_[index]; }
  constexpr void SetWord(std::size_t index, std::uint64_t word) { words_[index] = word; }

 private:
  std::array<std::uint64_t, kWords> words_{};
};

// Exactly what a 64-bit kernel prints ("10000 0 0"): lower-case words without leading zeros, at
// most `max_words`, the first of several not 0. Without the newline at the end.
Result<Bitmap> ParseBitmap(std::string_view text, std::size_t max_words = Bitmap::kWords);
std::string ToString(const Bitmap& bitmap);

}  // namespace bf::lockdown::input
