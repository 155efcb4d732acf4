// SPDX-License-Identifier: Apache-2.0
// Text that TOML has no place for, found before toml++ sees it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::policy {

struct Foreign {
  SourceRef at;
  std::string_view why;
};

// The first of what policies may not hold: a byte order mark; a carriage return, which is how text
// is hidden from whoever reads it in a terminal; and a character that is not ASCII and stands
// outside of strings and comments. TOML has no place for the last, and toml++ 3.3 asks of such
// whether they are blanks, and for most of them comes to a place that it has told the compiler
// cannot be reached.
std::optional<Foreign> FindForeign(std::string_view text, const std::string& file);

}  // namespace bf::policy
