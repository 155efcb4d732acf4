// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bf::audit {

// On one line, and steering neither a terminal nor a browser: control characters, bytes that are no
// UTF-8, and what turns the direction of text round or cannot be seen are shown as \xNN.
std::string Visible(std::string_view text);

}  // namespace bf::audit
