// SPDX-License-Identifier: Apache-2.0
// Asks a Wayland compositor what it offers. Blocks as long as that does not answer: for a process
// with a deadline.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::lockdown::wayland {

// Nothing but a socket, and none at the other end of a symlink: the name was found in a list, and
// whoever owns the directory may by now have put something else there.
Result<host::UniqueFd> Connect(const std::string& socket);

// The interfaces of its globals, as it tells each client that has just connected.
Result<std::vector<std::string>> AskGlobals(host::UniqueFd connection);

}  // namespace bf::lockdown::wayland
