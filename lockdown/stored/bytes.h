// SPDX-License-Identifier: Apache-2.0
// Numbers (little endian) and texts, one after the other. For this folder.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/disk/bytes.h"
#include "core/host/file.h"

namespace bf::lockdown::stored {

class Writer {
 public:
  template <std::unsigned_integral T>
  void Number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes_ += static_cast<char>((std::uint64_t{value} >> (8 * i)) & 0xffU);
  }
  void Text(std::string_view text) {
    Number(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Whatever is not there reads as nothing, and good() is false from then on.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  bool good() const { return good_; }
  bool at_end() const { return good_ && bytes_.empty(); }
  std::string_view Fixed(std::size_t size) {
    if (size > bytes_.size()) {
      good_ = false;
      bytes_ = {};
      return {};
    }
    const auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  template <std::unsigned_integral T>
  T Number() {
    const auto taken = Fixed(sizeof(T));
    return taken.empty() ? T{0} : disk::GetLe<T>(host::AsBytes(taken), 0);
  }
  // Of a list: each of its items has a byte at least.
  std::uint32_t Count() {
    const auto count = Number<std::uint32_t>();
    if (count <= bytes_.size()) return count;
    good_ = false;
    return 0;
  }
  std::string Text() { return std::string(Fixed(Number<std::uint32_t>())); }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace bf::lockdown::stored
