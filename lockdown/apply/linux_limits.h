// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "core/error/error.h"

namespace bf::lockdown {

struct Limits {
  std::chrono::milliseconds deadline{5000};
  unsigned cpu_seconds = 1;
  std::size_t memory = 256u << 20;
};

// For the rest of this process. udev waits for three minutes, and for memory without end; a
// decision that takes longer than this, or more, is none.
Status LimitOurselves(const Limits& limits);

}  // namespace bf::lockdown
