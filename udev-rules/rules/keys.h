// SPDX-License-Identifier: Apache-2.0
// What udev's keys may look like: braces, operators, and what udev makes of the wrong operator.
#pragma once

#include <optional>
#include <span>

#include "udev-rules/rules/syntax.h"

namespace bf::udev_rules {

enum class Braces : std::uint8_t { kNone, kNeeded, kOptional };

struct KeyRule {
  std::string_view name;
  Braces braces = Braces::kNone;
  std::optional<Key> match;   // with == and !=
  std::optional<Key> assign;  // with the others
  bool add = false;           // += and := mean themselves; else udev takes them for =
  bool final = false;
  bool remove = false;  // -= is possible
};

// nullptr for a key that udev does not have.
const KeyRule* FindKey(std::string_view name);
std::vector<std::string_view> KeyNames();

// What is wrong with the braces or the value of a key, if anything; udev ignores the line for it,
// or, where `ignored` says so, the key.
struct Problem {
  std::string message;
  bool ends_line = true;
};
std::optional<Problem> CheckToken(const Token& token);

}  // namespace bf::udev_rules
