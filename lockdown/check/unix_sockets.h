// SPDX-License-Identifier: Apache-2.0
// What /proc/net/unix says. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

// Paths at which a program takes connections (SOCK_STREAM), one for each socket; abstract names
// begin with "@". The problem is a line that nobody understands: a name may have newlines in it.
Seen<std::string> ListeningSockets(std::string_view table);

// libwayland calls them wayland-0 and so on, gamescope by its own name. The lock files beside them
// are no sockets, so a socket that is called as one of those counts.
bool IsWaylandName(std::string_view path);

}  // namespace bf::lockdown::check
