// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"

namespace bf::test_input {

// Holds the first virtual terminal open and reports what a login prompt there would read, and
// which terminal is in front.
class Terminal {
 public:
  Terminal(Loop& loop, Report report);

  // What a getty or its end changed: every key is read as it comes again.
  void make_raw() const;

  // The text on the terminal's screen.
  static std::string screen();

 private:
  void open_terminal();
  void read_terminal();
  void report_active();

  Loop& loop_;
  Report report_;
  int terminal_ = -1;
  int active_;
};

}  // namespace bf::test_input
