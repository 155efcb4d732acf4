// SPDX-License-Identifier: Apache-2.0
// Little-endian numbers in a byte buffer. Offsets are the caller's to keep inside the buffer.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace bf::disk {

template <std::unsigned_integral T>
T GetLe(std::span<const std::byte> bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>((std::uint64_t{value} << 8) |
                           std::to_integer<std::uint64_t>(bytes[offset + i]));
  }
  return value;
}

template <std::unsigned_integral T>
void PutLe(std::span<std::byte> bytes, std::size_t offset, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[offset + i] = static_cast<std::byte>((std::uint64_t{value} >> (8 * i)) & 0xff);
  }
}

inline std::uint16_t Get16(std::span<const std::byte> b, std::size_t at) {
  return GetLe<std::uint16_t>(b, at);
}
inline std::uint32_t Get32(std::span<const std::byte> b, std::size_t at) {
  return GetLe<std::uint32_t>(b, at);
}
inline std::uint64_t Get64(std::span<const std::byte> b, std::size_t at) {
  return GetLe<std::uint64_t>(b, at);
}

}  // namespace bf::disk
