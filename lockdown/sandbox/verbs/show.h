// SPDX-License-Identifier: Apache-2.0
// A compiled profile as text, in each of the forms that `filter` knows.
#pragma once

#include <string>

#include "lockdown/sandbox/filter/linux_compile.h"

namespace bf::lockdown::sandbox {

std::string AsTable(const Compiled& compiled);
std::string AsJson(const Compiled& compiled);
// The lines of a unit that come closest. systemd has no conditions: what is allowed under one is
// allowed, and a comment says so.
std::string AsUnit(const Compiled& compiled);

}  // namespace bf::lockdown::sandbox
