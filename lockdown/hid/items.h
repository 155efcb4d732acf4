// SPDX-License-Identifier: Apache-2.0
// Report descriptors are a row of items: a prefix byte and up to four bytes of data, or a long
// item.
#pragma once

#include <cstdint>
#include <span>

#include "core/error/error.h"

namespace bf::lockdown::hid {

enum class ItemType : std::uint8_t { kMain = 0, kGlobal = 1, kLocal = 2, kReserved = 3 };

struct Item {
  ItemType type = ItemType::kReserved;
  std::uint8_t tag = 0;
  std::uint8_t size = 0;    // bytes of data: 0, 1, 2 or 4; of a long item 0
  std::uint32_t value = 0;  // unsigned
  std::size_t offset = 0;
};

class ItemReader {
 public:
  explicit ItemReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  bool AtEnd() const { return at_ == bytes_.size(); }
  // The next item, whole, or an error.
  Result<Item> Next();

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace bf::lockdown::hid
