// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
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

// EVENT KEY…: an infrared receiver learns the keys of the remote that `infrared` is.
int keytable(std::span<char*> words);
// LIRC KEY…: presses them.
int infrared(std::span<char*> words);

// TELEVISION PLAYER CODE…: two CEC adapters on one cable, and CEC's codes of keys that go across.
int cec(std::span<char*> words);

// Is a Bluetooth dongle, through a FunctionFS that is mounted there, in the background.
int dongle(const std::string& directory);

}  // namespace bf::test_input
