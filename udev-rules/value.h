// SPDX-License-Identifier: Apache-2.0
// Text in udev rules, as udev 252 reads them (src/udev/udev-rules.c).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bf::udev_rules {

// A quoted value for `==` that matches `text` and nothing else; empty where udev has no way to say
// it: control characters would end the line, and "|" always parts alternatives.
std::optional<std::string> Literal(std::string_view text);

}  // namespace bf::udev_rules
