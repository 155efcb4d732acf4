// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstring>

#include "core/disk/gpt.h"

// A disk whose first bytes are the input and the rest zeros. A table that is believed must also
// serialise, and be believed again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::disk;
  constexpr std::uint64_t kDisk = 4 << 20;
  const ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> out) -> bf::Status {
    if (offset + out.size() > kDisk) return bf::Fail("beyond the disk");
    std::memset(out.data(), 0, out.size());
    if (offset < size) {
      std::memcpy(out.data(), data + offset, std::min<std::size_t>(out.size(), size - offset));
    }
    return {};
  };
  for (const std::uint32_t sector : {512U, 4096U}) {
    const GptState state = InspectGpt(read, kDisk, sector);
    const GptTable* table = state.Best();
    if (table == nullptr) continue;
    const std::vector<std::byte> first(sector);
    (void)SerialiseGpt(RelocateGpt(*table, kDisk), kDisk, first);
  }
  return 0;
}
