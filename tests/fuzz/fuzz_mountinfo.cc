// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "core/facts/mountinfo.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mounts = bf::facts::ParseMountInfo(text);
  if (!mounts) return 0;
  for (const auto& mount : *mounts) {
    if (bf::facts::FindMount(*mounts, mount.target) == nullptr) __builtin_trap();
    (void)mount.Writable();
    (void)mount.SuperOption("upperdir");
  }
  return 0;
}
