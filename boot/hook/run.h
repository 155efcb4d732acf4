// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "core/error/error.h"

namespace bf::boot::hook {

// `verb` as RAUC calls it; `environment` looks a variable up, "" where it is not set.
Status Run(const std::string& verb, const std::function<std::string(const char*)>& environment);

// The same with the process's environment; what went wrong on stderr, which RAUC logs.
int Main(const std::string& verb);

}  // namespace bf::boot::hook
