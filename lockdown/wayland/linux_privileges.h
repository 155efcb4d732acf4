// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/error/error.h"

namespace bf::lockdown::wayland {

// Root becomes nobody; whoever it is starts nothing more, writes no file, and has few seconds of
// the processor.
Status GiveUpPrivileges();

}  // namespace bf::lockdown::wayland
