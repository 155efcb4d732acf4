// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bf::disk {

// CRC-32 (IEEE 802.3, reflected, as GPT and zlib use it).
std::uint32_t Crc32(std::span<const std::byte> data, std::uint32_t seed = 0);
// CRC-32C (Castagnoli) without the final inversion, as ext4 uses it; ext4 starts with ~0.
std::uint32_t Crc32c(std::uint32_t seed, std::span<const std::byte> data);

}  // namespace bf::disk
