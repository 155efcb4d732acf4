// SPDX-License-Identifier: Apache-2.0
// A disk in memory, for codecs that take a ReadDisk.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/disk/gpt.h"

namespace bf::disk {

struct MemoryDisk {
  std::vector<std::byte> bytes;

  explicit MemoryDisk(std::uint64_t size = 0) : bytes(size) {}
  std::uint64_t size() const { return bytes.size(); }

  ReadDisk Reader() const {
    return [this](std::uint64_t offset, std::span<std::byte> data) -> Status {
      if (offset > bytes.size() || data.size() > bytes.size() - offset) {
        return Fail("read beyond the end of the disk");
      }
      std::memcpy(data.data(), bytes.data() + offset, data.size());
      return {};
    };
  }
  void Write(std::uint64_t offset, std::span<const std::byte> data) {
    ASSERT_LE(offset + data.size(), bytes.size());
    std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }
};

}  // namespace bf::disk
