// SPDX-License-Identifier: Apache-2.0
// Asks a Wayland compositor what it offers. Blocks as long as that does not answer: for a process
// with a deadline.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::lockdown::wayland {

// The socket that was bound at this path. The path was found in the kernel's list, which has names
// as they were bound, and whoever may write to the directory may since have put another one there.
Result<host::UniqueFd> Connect(const std::string& socket);

// The interfaces of its globals, as it tells each client that has just connected.
Result<std::vector<std::string>> AskGlobals(host::UniqueFd connection);

}  // namespace bf::lockdown::wayland
