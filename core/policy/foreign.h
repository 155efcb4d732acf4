// SPDX-License-Identifier: Apache-2.0
// Text that TOML has no place for, found before toml++ sees it.
#pragma once

#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::policy {

// The first character that is not ASCII and stands outside of strings and comments, or nowhere.
// TOML has none there. toml++ 3.3 asks of such whether they are blanks, and for most of them comes
// to a place that it has told the compiler cannot be reached.
SourceRef FindForeign(std::string_view text, const std::string& file);

}  // namespace bf::policy
