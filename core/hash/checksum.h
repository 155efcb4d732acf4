// SPDX-License-Identifier: Apache-2.0
// Tells bytes that were changed by mistake from those that were not, at the speed of reading them.
// Whoever changes them on purpose can make it come out as it was: against that there is sha256.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace bf::hash {

class Checksum {
 public:
  // In as many parts as one likes, each but the last a multiple of 8 bytes long.
  void Add(std::string_view bytes);
  std::uint64_t value() const;

 private:
  std::uint64_t state_ = 0x6a09e667f3bcc908U;
  std::uint64_t size_ = 0;
};

std::uint64_t ChecksumOf(std::string_view bytes);

}  // namespace bf::hash
