// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error/error.h"
#include "lockdown/sandbox/start/stored.h"

namespace bf::lockdown::sandbox {

// Where one of the first three is closed, /dev/null takes its place: otherwise the next file that
// is opened would.
Status FillStandardDescriptors();

// What the program does not inherit: /dev/null in place of standard ones, and everything from 3 +
// `handed_over` on is closed when it starts.
Status LimitDescriptors(const Stored& stored, unsigned handed_over);

}  // namespace bf::lockdown::sandbox
