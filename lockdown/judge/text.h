// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace bf::lockdown {

// What a device calls itself, in quotes, for one line of a message: printable ASCII as it is, all
// else as \xNN, and no more than 80 characters.
std::string Shown(std::string_view text);

// One after the other. Each decision has such a line, and to format it took as long as to hash.
std::string Joined(std::initializer_list<std::string_view> parts);

}  // namespace bf::lockdown
