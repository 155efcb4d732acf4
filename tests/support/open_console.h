// SPDX-License-Identifier: Apache-2.0
// input.toml for tests of single entries.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/golden.h"

namespace bf::test {

// Every bus is let in as far as the console goes, so that what decides is the entry that is put
// behind it. Ends inside [maintenance].
inline constexpr std::string_view kOpenConsole = R"(schema = 1
[usb]
hubs = 5
reason = "x"
[console]
uinput = "root"
uhid = "root"
bluetooth = "bonded"
remotes = true
ps2 = true
[console.reasons]
uinput = "x"
uhid = "x"
bluetooth = "x"
remotes = "x"
ps2 = "x"
[maintenance]
)";

// A proposed entry with its blanks filled in, as a person does.
inline std::string Filled(std::string entry) {
  for (const char* key : {"reason", "owner", "because"})
    entry = ReplaceAll(entry, std::string(key) + " = \"\"", std::string(key) + " = \"x\"");
  return entry;
}

}  // namespace bf::test
