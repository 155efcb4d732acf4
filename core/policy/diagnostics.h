// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with a policy, not just the first thing.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error/error.h"

namespace bf::policy {

struct Diagnostic {
  SourceRef at;
  std::string message;

  bool operator==(const Diagnostic&) const = default;
};

class Diagnostics {
 public:
  template <class... Args>
  void Add(const SourceRef& at, fmt::format_string<Args...> format, Args&&... args) {
    list_.push_back({at, fmt::format(format, std::forward<Args>(args)...)});
  }

  bool empty() const { return list_.empty(); }
  // In the order of file, line and column, so that a reader goes through the file once.
  std::vector<Diagnostic> Sorted() const;
  // One "file:line:column: message" per line, sorted, without a newline at the end.
  std::string ToString() const;
  // An Error of kind kPolicy whose message is ToString(); call only when not empty().
  Error ToError() const;

 private:
  std::vector<Diagnostic> list_;
};

}  // namespace bf::policy
