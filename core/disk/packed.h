// SPDX-License-Identifier: Apache-2.0
// Numbers (little endian) and texts, one after the other: for files that our own tools compile, and
// read where nothing may be parsed. They are versioned and hashed by whoever uses this.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/disk/bytes.h"

namespace bf::disk {

class PackedWriter {
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
  void Texts(const std::vector<std::string>& texts) {
    Number(static_cast<std::uint32_t>(texts.size()));
    for (const std::string& one : texts) Text(one);
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Whatever is not there reads as nothing, and good() is false from then on.
class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) : bytes_(bytes) {}

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
    return taken.empty() ? T{0} : GetLe<T>(std::as_bytes(std::span(taken)), 0);
  }
  // Of a list: each of its items has a byte at least.
  std::uint32_t Count() {
    const auto count = Number<std::uint32_t>();
    if (count <= bytes_.size()) return count;
    good_ = false;
    return 0;
  }
  std::string Text() { return std::string(Fixed(Number<std::uint32_t>())); }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts(Count());
    for (std::string& one : texts) one = Text();
    return texts;
  }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace bf::disk
