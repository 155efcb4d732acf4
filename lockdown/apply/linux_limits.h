// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>

#include "core/error/error.h"

namespace bf::lockdown {

// Far above what a decision takes on any machine (milliseconds; some seconds under an emulator that
// has much to do), far below what udev would wait.
struct Limits {
  std::chrono::milliseconds deadline{20'000};
  unsigned cpu_seconds = 10;
  std::size_t memory = 64u << 20;  // a policy of 1,000 entries takes 14 MiB
};

// For the rest of this process. udev waits for three minutes, and for memory without end; a
// decision that takes longer than this, or more, is none.
Status LimitOurselves(const Limits& limits);

}  // namespace bf::lockdown
