// SPDX-License-Identifier: Apache-2.0
// UTF-16 as GPT and FAT store names. Total on hostile input: what is no text becomes U+FFFD.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bf::disk {

// Up to the first zero unit.
std::string Utf16ToUtf8(std::span<const std::uint16_t> units);
// nullopt when `text` is not valid UTF-8.
std::optional<std::vector<std::uint16_t>> Utf8ToUtf16(std::string_view text);

}  // namespace bf::disk
