// SPDX-License-Identifier: Apache-2.0
// Whatever autoboot.txt holds: it is read, only its first 512 bytes count, and what was read can
// be made again.
#include <cstdint>
#include <string_view>

#include "core/disk/autoboot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::disk;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Autoboot read = ParseAutoboot(text);
  for (const auto& number : {read.committed, read.tryboot}) {
    if (number && *number < 0) __builtin_trap();
  }
  const Autoboot first = ParseAutoboot(text.substr(0, kAutobootSize));
  if (first.committed != read.committed || first.tryboot != read.tryboot) __builtin_trap();
  if (read.committed && read.tryboot) {
    const Autoboot again = ParseAutoboot(MakeAutoboot(*read.committed, *read.tryboot));
    if (again.committed != read.committed || again.tryboot != read.tryboot) __builtin_trap();
    if (!again.oddities.empty()) __builtin_trap();
  }
  return 0;
}
