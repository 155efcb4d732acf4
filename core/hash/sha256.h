// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bf::hash {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void Add(std::string_view bytes);
  // 64 hexadecimal digits; nothing can be added after.
  std::string Hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// As 64 hexadecimal digits, or as the 32 bytes that those are.
std::string HashOf(std::string_view bytes);
std::array<std::uint8_t, 32> DigestOf(std::string_view bytes);

}  // namespace bf::hash
