// SPDX-License-Identifier: Apache-2.0
#include "core/disk/crc.h"

#include <array>

namespace bf::disk {
namespace {

using Table = std::array<std::uint32_t, 256>;

constexpr Table MakeTable(std::uint32_t reflected_polynomial) {
  Table table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? (value >> 1) ^ reflected_polynomial : value >> 1;
    }
    table[i] = value;
  }
  return table;
}

constexpr Table kIeee = MakeTable(0xedb88320);
constexpr Table kCastagnoli = MakeTable(0x82f63b78);

std::uint32_t Update(const Table& table, std::uint32_t crc, std::span<const std::byte> data) {
  for (const std::byte byte : data) {
    crc = table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

}  // namespace

std::uint32_t Crc32(std::span<const std::byte> data, std::uint32_t seed) {
  return ~Update(kIeee, ~seed, data);
}

std::uint32_t Crc32c(std::uint32_t seed, std::span<const std::byte> data) {
  return Update(kCastagnoli, seed, data);
}

}  // namespace bf::disk
