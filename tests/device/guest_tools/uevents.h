// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"

namespace bf::test_input {

// Reports uevents of the input side of the machine: each as the kernel sends it, and again when
// udev has processed it ("by": "kernel" or "udev").
class Uevents {
 public:
  Uevents(Loop& loop, Report report);

 private:
  void listen(Loop& loop, unsigned group);
  void receive(int fd, bool processed);

  Report report_;
};

}  // namespace bf::test_input
