// SPDX-License-Identifier: Apache-2.0
// A set that only grows, in the order of insertion: a proof asks millions of times whether it has
// been here, and std::unordered_set allocates for each answer.
#pragma once

#include <cstdint>
#include <vector>

namespace bf::lockdown::sandbox {

// Open addressing, at most half full. Fewer than 2^32 items.
template <class Item, class Hash>
class InsertSet {
 public:
  explicit InsertSet(unsigned bits) : slots_(std::size_t{1} << bits), shift_(64 - bits) {
    items_.reserve(slots_.size() / 2);
  }

  // Whether it is new.
  bool Insert(const Item& item) {
    std::uint32_t& slot = SlotOf(item);
    if (slot != 0) return false;
    items_.push_back(item);
    slot = static_cast<std::uint32_t>(items_.size());
    if (items_.size() * 2 > slots_.size()) Grow();
    return true;
  }
  std::size_t size() const { return items_.size(); }
  const Item& operator[](std::size_t at) const { return items_[at]; }

 private:
  std::uint32_t& SlotOf(const Item& item) {
    // The high bits of the product are the mixed ones.
    std::size_t at = Hash()(item) * 0x9e3779b97f4a7c15U >> shift_;
    while (slots_[at] != 0 && !(items_[slots_[at] - 1] == item))
      at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  void Grow() {
    slots_.assign(slots_.size() * 2, 0);
    --shift_;
    for (std::size_t i = 0; i < items_.size(); ++i)
      SlotOf(items_[i]) = static_cast<std::uint32_t>(i + 1);
  }

  std::vector<Item> items_;
  std::vector<std::uint32_t> slots_;  // the place of an item, from 1 on; 0 for none
  unsigned shift_;
};

}  // namespace bf::lockdown::sandbox
