// SPDX-License-Identifier: Apache-2.0
#pragma once

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

std::string HashOf(std::string_view bytes);

}  // namespace bf::hash
