// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstring>

#include "core/disk/fat.h"

// A volume of 4 MiB whose first bytes are the input and the rest zeros: listed, and every file of
// it located and read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::disk;
  constexpr std::uint64_t kVolume = 4 << 20;
  const ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> out) -> bf::Status {
    if (offset > kVolume || out.size() > kVolume - offset) return bf::Fail("beyond the volume");
    std::memset(out.data(), 0, out.size());
    if (offset < size) {
      std::memcpy(out.data(), data + offset, std::min<std::size_t>(out.size(), size - offset));
    }
    return {};
  };
  const auto reader = FatReader::Open(read, kVolume);
  if (!reader) return 0;
  const auto files = reader->Walk();
  if (!files) return 0;
  for (const FatFile& file : *files) {
    if (file.entry.directory) continue;
    std::uint64_t total = 0;
    if (const auto extents = reader->Extents(file.entry)) {
      for (const FatExtent& extent : *extents) {
        // An extent outside of the volume would be read, or one day written, by somebody.
        if (extent.size > kVolume || extent.offset > kVolume - extent.size) __builtin_trap();
        total += extent.size;
      }
      if (total != file.entry.size) __builtin_trap();
    }
    (void)reader->ReadFile(file.path, 64 << 10);
  }
  return 0;
}
