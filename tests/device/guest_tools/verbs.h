// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bf::test_input {

// Reports everything that could be a key until it is killed.
int watch();

// Make devices from a file of descriptions (JSON), as commands from `control` say, until it ends.
int uinput(const std::string& file, const std::string& control);
int uhid(const std::string& file, const std::string& control);

// Puts Ctrl+Alt+F2, and SAK on Ctrl+Alt+Pause, into the keymap.
int chords();

// Grabs the event node of an input device, by its path in /sys, and holds it in the background.
int grab(const std::string& input);

}  // namespace bf::test_input
