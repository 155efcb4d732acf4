// SPDX-License-Identifier: Apache-2.0
#include "lockdown/hid/items.h"

namespace bf::lockdown::hid {
namespace {

constexpr std::uint8_t kLongItem = 0xfe;

}  // namespace

Result<Item> ItemReader::Next() {
  Item item;
  item.offset = at_;
  const auto prefix = std::to_integer<std::uint8_t>(bytes_[at_]);
  const std::size_t left = bytes_.size() - at_ - 1;
  if (prefix == kLongItem) {
    // One byte of size, one of tag, and the data.
    if (left < 2 || left - 2 < std::to_integer<std::size_t>(bytes_[at_ + 1])) {
      return Fail("offset {}: a long item that is cut off", at_);
    }
    item.tag = std::to_integer<std::uint8_t>(bytes_[at_ + 2]);
    at_ += 3 + std::to_integer<std::size_t>(bytes_[at_ + 1]);
    return item;
  }
  item.type = static_cast<ItemType>((prefix >> 2) & 3);
  item.tag = prefix >> 4;
  item.size = static_cast<std::uint8_t>((prefix & 3) == 3 ? 4 : prefix & 3);
  if (left < item.size) return Fail("offset {}: an item that is cut off", at_);
  for (std::size_t i = 0; i < item.size; ++i) {
    item.value |= std::to_integer<std::uint32_t>(bytes_[at_ + 1 + i]) << (8 * i);
  }
  at_ += 1 + std::size_t{item.size};
  return item;
}

}  // namespace bf::lockdown::hid
