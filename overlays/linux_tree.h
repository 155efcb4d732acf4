// SPDX-License-Identifier: Apache-2.0
// Directory trees on disk, read into values and written from them. An upper directory may hold
// whatever a visitor put there: names are opened relative to descriptors, symlinks never followed,
// sizes and depths bounded.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/host/fd.h"
#include "overlays/merge.h"
#include "overlays/tree.h"

namespace bf::overlays {

// Of all files together: hashing and copying more would keep the device from booting.
inline constexpr std::uint64_t kMaxTreeBytes = std::uint64_t{256} << 20;

// `shown` is the path for messages. `upper`: whiteouts and opaque marks are read as such.
Result<Entry> ScanTree(int dir_fd, bool upper, const std::string& shown);

// The directory at `path` as the file system below has it: without what is mounted in it.
Result<host::UniqueFd> OpenWithoutMounts(const std::string& path);

// Called before each change to the disk; an error stops the work there, as a power cut would.
using StepHook = std::function<Status(std::string_view step)>;

struct BuildSources {
  int upper_fd = -1;   // the old upper directory; -1 if `made` takes nothing from it
  int vendor_fd = -1;  // the image's directory
};
// Fills the empty directory `target_fd` and gives it owner, mode and attributes.
Status BuildTree(const Made& made, BuildSources sources, int target_fd, const std::string& shown,
                 const StepHook& hook);

bool IsOpaque(int dir_fd);

}  // namespace bf::overlays
