// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "lockdown/apply/facts.h"
#include "lockdown/apply/umockdev.h"

// Recordings come from anybody: what is read of one is within it, and the same each time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto sysfs = UmockdevSysfs::Parse(text, "x");
  if (!sysfs) {
    // All but a recording of nothing have a place.
    const auto& at = sysfs.error().source;
    if (at && (at.line < 1 || at.column < 1)) __builtin_trap();
    return 0;
  }
  const auto facts = Observe(*sysfs);
  if (!facts) __builtin_trap();  // there are lists, if empty ones
  for (const auto& device : facts->devices) {
    if (device.usb && text.find(device.usb->path) == text.npos) __builtin_trap();
    if (device.usb && device.usb->descriptors.size() > size) __builtin_trap();
  }
  if (*Observe(*sysfs) != *facts) __builtin_trap();
  return 0;
}
