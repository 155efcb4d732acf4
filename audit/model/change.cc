// SPDX-License-Identifier: Apache-2.0
#include "audit/model/change.h"

#include <algorithm>
#include <tuple>

namespace bf::audit {

std::string_view ToString(Direction direction) {
  switch (direction) {
    case Direction::kLoosened:
      return "LOOSENED";
    case Direction::kTightened:
      return "TIGHTENED";
    case Direction::kNeutral:
      return "NEUTRAL";
  }
  return "";
}

void Sort(std::vector<Change>& changes) {
  const auto key = [](const Change& one) {
    const SourceRef& at = one.after ? one.after : one.before;
    return std::tuple(std::string_view(one.file), one.direction, at.line, at.column,
                      std::string_view(one.subject), std::string_view(one.what));
  };
  std::stable_sort(changes.begin(), changes.end(),
                   [&](const Change& a, const Change& b) { return key(a) < key(b); });
}

}  // namespace bf::audit
