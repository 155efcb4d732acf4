// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"

namespace bf::test_input {

// Reports what the kernel log says of input, from power-on on: devices registered before any
// program ran are seen here.
class KernelLog {
 public:
  KernelLog(Loop& loop, Report report);

 private:
  void read_record();

  Report report_;
  int fd_;
};

}  // namespace bf::test_input
