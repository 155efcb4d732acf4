// SPDX-License-Identifier: Apache-2.0
// A file that nobody but its owner can have made or changed.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::lockdown::sandbox {

// Reads `absolute_path` under `root`. Every directory from `root` on and the file itself belong to
// `owner` and are writable by nobody else, and none is a symlink: otherwise kRefused, whatever the
// file has in it.
Result<std::string> ReadTrusted(const std::string& root, std::string_view absolute_path,
                                std::size_t limit, uid_t owner);

}  // namespace bf::lockdown::sandbox
