// SPDX-License-Identifier: Apache-2.0
// Files that a user names for what a tool has to say (`--out FILE`). What the product keeps for
// itself is written by ReplaceFile.
#pragma once

#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::host {

// Whether WriteOutput could do it, without doing it: for callers with work to lose. Otherwise
// kUsage, and why.
Status CheckOutput(const std::string& path);

// A plain file, or none, is replaced whole. Character devices, FIFOs and descriptors that are open
// (/dev/stdout, /dev/fd/3) are written to. All else is refused: other devices, directories,
// sockets, and symlinks, which could lead anywhere.
Status WriteOutput(const std::string& path, std::string_view content, unsigned mode = 0644);

}  // namespace bf::host
