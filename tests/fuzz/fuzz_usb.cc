// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "lockdown/usb/descriptors.h"

// What is believed of a device has to be within what the bytes can hold, and the same each time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown::usb;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto parsed = ParseDescriptors(bytes);
  if (!parsed) return 0;
  std::size_t counted = 18;
  for (const Configuration& config : parsed->configurations) {
    counted += 9 + 8 * config.associations.size();
    for (const Alternate& alternate : config.alternates) {
      counted += 9 + 7 * alternate.endpoints.size() + 9 * alternate.hid.size();
      if (!alternate.hid.empty() && alternate.code.base != kClassHid) __builtin_trap();
    }
    if (config.InterfaceNumbers().size() > 32) __builtin_trap();
  }
  if (counted > size || parsed->contradictions.size() > 16) __builtin_trap();
  const auto again = ParseDescriptors(bytes);
  if (!again || *again != *parsed) __builtin_trap();
  return 0;
}
