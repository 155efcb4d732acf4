// SPDX-License-Identifier: Apache-2.0
#include <bitset>
#include <cstdint>

#include "lockdown/usb/descriptors.h"

// What is believed of a device has to be within what the bytes can hold, and the same each time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown::usb;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto parsed = ParseDescriptors(bytes);
  if (!parsed) return 0;
  const auto& interfaces = parsed->interfaces;
  if (interfaces.size() > kMaxInterfaces) __builtin_trap();
  if (18 + 9 * (parsed->configurations + interfaces.size()) > size) __builtin_trap();
  std::bitset<kMaxInterfaces> seen;
  for (const Interface& one : interfaces) {
    if (seen.test(one.number)) __builtin_trap();
    seen.set(one.number);
  }
  const auto again = ParseDescriptors(bytes);
  if (!again || *again != *parsed) __builtin_trap();
  return 0;
}
