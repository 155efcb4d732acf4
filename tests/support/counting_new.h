// SPDX-License-Identifier: Apache-2.0
// Counts what is allocated. Only for executables that have counting_new.cc among their sources: it
// replaces operator new in all of them.
#pragma once

#include <cstddef>

namespace bf::testing_support {

struct Allocated {
  std::size_t times = 0;
  std::size_t bytes = 0;

  Allocated operator-(const Allocated& before) const {
    return {times - before.times, bytes - before.bytes};
  }
};
// Since the start of the process.
Allocated AllocatedSoFar();

}  // namespace bf::testing_support
