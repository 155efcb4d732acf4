// SPDX-License-Identifier: Apache-2.0
#include "core/policy/value.h"

namespace bf::policy {

std::string_view Value::TypeName() const {
  static constexpr std::array<std::string_view, 6> kNames = {
      "a string", "an integer", "a number", "true or false", "an array", "a table"};
  return kNames[data.index()];
}

}  // namespace bf::policy
