// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstring>

#include "core/disk/ext4.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::disk;
  std::vector<std::byte> bytes(kExt4SuperSize);
  if (size > 0) std::memcpy(bytes.data(), data, std::min(size, bytes.size()));
  const auto super = ParseExt4Super(bytes);
  if (!super) return 0;
  // A hostile geometry must not make the list of backups endless.
  if (Ext4BackupOffsets(*super).size() > 100000) __builtin_trap();
  if (RelabelExt4Super(bytes, "BF_DATA")) {
    const auto again = ParseExt4Super(bytes);
    if (!again || again->label != "BF_DATA" || !again->checksum_ok) __builtin_trap();
  }
  return 0;
}
