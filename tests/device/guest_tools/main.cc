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
  if (verb == "keytable" && argc > 2) return bf::test_input::keytable(words.subspan(2));
  if (verb == "infrared" && argc > 2) return bf::test_input::infrared(words.subspan(2));
  if (verb == "cec" && argc > 3) return bf::test_input::cec(words.subspan(2));
  if (verb == "dongle" && argc > 2) return bf::test_input::dongle(words[2]);
  std::fputs(
      "usage: bf-test-input watch | uinput FILE [CONTROL] | uhid FILE [CONTROL] | chords |\n"
      "       grab INPUT | keytable EVENT KEY... | infrared LIRC KEY... |\n"
      "       cec TELEVISION PLAYER CODE... | dongle DIRECTORY\n",
      stderr);
  return 64;
}
