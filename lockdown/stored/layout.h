// SPDX-License-Identifier: Apache-2.0
// The compiled policy as a file, as encode.cc writes it and stored.cc reads it:
//
//   "BFINPUT\n"  format  size of the file  size of the head  number of entries
//   of input.toml: its size (64 bits), its checksum (64 bits), its SHA-256 (64 digits)
//   the rest of the head: [usb], [maintenance], the filters, each with the slot of its entry
//   checksum of all of the head so far (64 bits)
//   index: a slot for each entry, in the order of keys, and of the policy under the same key:
//     key (64 bits)  offset  size
//   entries: key (64 bits)  its place in the policy  what the judge compares  checksum (64 bits)
//
// Numbers are little endian, and have 32 bits where nothing else is said. There is no checksum of
// the index: a slot that does not lead to an entry under its own key is an error, and one that is
// not found lets nothing in.
#pragma once

#include <cstdint>
#include <string_view>

#include "lockdown/policy/policy.h"

namespace bf::lockdown::stored {

// The line end tells a file that was copied as text.
inline constexpr std::string_view kMagic = "BFINPUT\n";
inline constexpr std::uint32_t kFormat = 1;
inline constexpr std::size_t kFixedBytes = 8 + 4 * 4 + 2 * 8;
inline constexpr std::size_t kSlotBytes = 8 + 2 * 4;
inline constexpr std::size_t kChecksumBytes = 8;
inline constexpr std::size_t kHashBytes = 64;
// More than any policy that is accepted comes to.
inline constexpr std::size_t kMostHeadBytes = 4 << 20;
inline constexpr std::size_t kMostEntryBytes = 1 << 20;

inline constexpr std::uint64_t Packed(const EntryKey& key) {
  return static_cast<std::uint64_t>(key.bus) << 32U | std::uint64_t{key.vendor} << 16U |
         std::uint64_t{key.product};
}

}  // namespace bf::lockdown::stored
