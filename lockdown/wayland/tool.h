// SPDX-License-Identifier: Apache-2.0
// bf-wayland-globals SOCKET: prints what the Wayland compositor that listens there offers a client,
// one interface in a line. Exit 0, or 1 and why not. `bf-lockdown check` starts it, with a
// deadline.
#pragma once

#include <string>
#include <vector>

namespace bf::lockdown::wayland {

int RunGlobals(const std::vector<std::string>& args);

}  // namespace bf::lockdown::wayland
