// SPDX-License-Identifier: Apache-2.0
// Long and short names of FAT directory entries.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"

namespace bf::disk {

inline constexpr std::size_t kFatEntrySize = 32;
inline constexpr std::size_t kFatLongNameUnits = 13;  // in one entry
inline constexpr std::uint8_t kFatAttributeReadOnly = 0x01;
inline constexpr std::uint8_t kFatAttributeVolume = 0x08;
inline constexpr std::uint8_t kFatAttributeDirectory = 0x10;
inline constexpr std::uint8_t kFatAttributeArchive = 0x20;
inline constexpr std::uint8_t kFatAttributeLongName = 0x0f;

// As stored: eight characters and three, padded with blanks.
using FatShortName = std::array<std::uint8_t, 11>;

std::uint8_t FatNameChecksum(const FatShortName& name);
// "CONFIG  TXT" → "CONFIG.TXT"; `nt_flags` (byte 12 of the entry) asks for lower case.
std::string DecodeShortName(const FatShortName& name, std::uint8_t nt_flags);
bool EqualIgnoringCase(std::string_view a, std::string_view b);
// A name that may stand in a path: no separator, no control character, not "." nor "..".
bool IsPlainName(std::string_view name);

struct FatName {
  FatShortName short_name{};
  std::vector<std::uint16_t> long_name;  // empty when the short name says it all
  // Directory entries it takes.
  std::size_t Entries() const {
    return 1 + (long_name.size() + kFatLongNameUnits - 1) / kFatLongNameUnits;
  }
};
// Chooses a short name that is not in `taken`, and puts it there.
Result<FatName> MakeFatName(std::string_view name, std::set<FatShortName>& taken);
// The long name's entries in the order they are stored, before the short one.
std::vector<std::array<std::byte, kFatEntrySize>> LongNameEntries(const FatName& name);

}  // namespace bf::disk
