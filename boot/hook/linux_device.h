// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/hook/slot.h"

namespace bf::boot::hook {

struct Found {
  Device device;
  disk::GptTable table;  // of the disk it is on
};
// Follows `path` (a link made by `bf-boot slots`) to a partition, and reads its disk's table.
Result<Found> FindDevice(const std::string& path);

// Builds the boot file system of `target` anew from the artifact `image`, its cmdline.txt with the
// slot's own words in front; then reads all of it back from the medium.
Status WriteBoot(const Target& target, const std::string& image);

}  // namespace bf::boot::hook
