// SPDX-License-Identifier: Apache-2.0
// The two ways in which a value of a rule is quoted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bf::udev_rules {

// "…": a backslash before a quote goes, any other stays.
std::string UnescapeQuotes(std::string_view raw);
// e"…": the escapes of C. Nothing for an unknown one, and for NUL.
std::optional<std::string> UnescapeC(std::string_view raw);

}  // namespace bf::udev_rules
