// SPDX-License-Identifier: Apache-2.0
// Keys of the kernel's keymap that leave the screen of the application.
#pragma once

namespace bf::lockdown {

struct Chords {
  unsigned switches = 0;   // to another virtual terminal, or to a new one
  unsigned attention = 0;  // the secure attention key: ends what runs on the terminal
  bool operator==(const Chords&) const = default;
};

}  // namespace bf::lockdown
