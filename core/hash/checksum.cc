// SPDX-License-Identifier: Apache-2.0
#include "core/hash/checksum.h"

#include <cstddef>
#include <cstring>

namespace bf::hash {
namespace {

// Can be undone for each word, so that a change within one word never goes unnoticed.
std::uint64_t Step(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * 0x9e3779b97f4a7c15U;
  return state ^ (state >> 32);
}

std::uint64_t WordAt(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  if (bytes.size() - at >= sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if constexpr (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) word = __builtin_bswap64(word);
    return word;
  }
  for (std::size_t i = bytes.size(); i-- > at;)
    word = word << 8U | static_cast<unsigned char>(bytes[i]);
  return word;
}

}  // namespace

void Checksum::Add(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t))
    state_ = Step(state_, WordAt(bytes, at));
  size_ += bytes.size();
}

std::uint64_t Checksum::value() const { return Step(Step(state_, size_), 0); }

std::uint64_t ChecksumOf(std::string_view bytes) {
  Checksum checksum;
  checksum.Add(bytes);
  return checksum.value();
}

}  // namespace bf::hash
