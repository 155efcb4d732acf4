// SPDX-License-Identifier: Apache-2.0
#include "core/policy/diagnostics.h"

#include <tuple>

namespace bf::policy {

std::vector<Diagnostic> Diagnostics::Sorted() const {
  std::vector<Diagnostic> sorted = list_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.at.file, a.at.line, a.at.column) <
           std::tie(b.at.file, b.at.line, b.at.column);
  });
  return sorted;
}

std::string Diagnostics::ToString() const {
  std::string text;
  for (const Diagnostic& diagnostic : Sorted()) {
    if (!text.empty()) text += '\n';
    text += fmt::format("{}: {}", diagnostic.at.ToString(), diagnostic.message);
  }
  return text;
}

Error Diagnostics::ToError() const { return Error{ErrorKind::kPolicy, ToString(), {}, 0}; }

}  // namespace bf::policy
