// SPDX-License-Identifier: Apache-2.0
// Quotas on a disk that is too small for all of them.
#pragma once

#include <cstdint>
#include <vector>

namespace bf::provision::state {

// The most that any one may have so that all together fit into `capacity` bytes: the small ones
// keep what they ask for, and only the largest give way. The largest of them where all fit. A
// multiple of 4096.
std::uint64_t LargestShare(std::vector<std::uint64_t> wanted, std::uint64_t capacity);

}  // namespace bf::provision::state
