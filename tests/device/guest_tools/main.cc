// SPDX-License-Identifier: Apache-2.0
// The input tests' eyes and hands inside the device; never part of the package.
#include <cstdio>
#include <span>
#include <string_view>

#include "tests/device/guest_tools/verbs.h"

int main(int argc, char** argv) {
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  const std::string_view verb = argc > 1 ? words[1] : "";
  const char* control = argc > 3 ? words[3] : "/dev/stdin";
  if (verb == "watch") return bf::test_input::watch();
  if (verb == "uinput" && argc > 2) return bf::test_input::uinput(words[2], control);
  if (verb == "uhid" && argc > 2) return bf::test_input::uhid(words[2], control);
  if (verb == "chords") return bf::test_input::chords();
  if (verb == "grab" && argc > 2) return bf::test_input::grab(words[2]);
  std::fputs(
      "usage: bf-test-input watch | uinput FILE [CONTROL] | uhid FILE [CONTROL] | chords |\n"
      "       grab INPUT\n",
      stderr);
  return 64;
}
