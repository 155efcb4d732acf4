// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bf::lockdown {

// One line to the journal, or before there is one to the kernel's log. What udev runs has no other
// way: it drops what a program prints to stderr. The line is printable ASCII.
void Audit(std::string_view line, bool denied);

}  // namespace bf::lockdown
