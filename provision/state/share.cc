// SPDX-License-Identifier: Apache-2.0
#include "provision/state/share.h"

#include <algorithm>

namespace bf::provision::state {

std::uint64_t LargestShare(std::vector<std::uint64_t> wanted, std::uint64_t capacity) {
  constexpr std::uint64_t kBlock = 4096;
  std::sort(wanted.begin(), wanted.end());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::uint64_t even = capacity / (wanted.size() - i);
    // From here on all are larger than an even part of what the smaller ones left.
    if (wanted[i] > even) return even / kBlock * kBlock;
    capacity -= wanted[i];
  }
  return wanted.empty() ? 0 : (wanted.back() + kBlock - 1) / kBlock * kBlock;
}

}  // namespace bf::provision::state
