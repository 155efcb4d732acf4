// SPDX-License-Identifier: Apache-2.0
// Puts tmpfs and overlay mounts together, so that each appears at its path complete or not at all.
#pragma once

#include <string>
#include <vector>

#include "overlays/plan.h"

namespace bf::overlays {

struct Layers {
  std::vector<std::string> lowers;  // paths, topmost first
  std::string upper;
  std::string work;
};

// `path` and the layers are as this process sees them (--root in front). The path must be a
// directory and not a symlink.
Status MountTmpfsAt(const std::string& path, const MountTmpfs& mount);
Status AdjustTmpfsAt(const std::string& path, const MountTmpfs& mount);
// `carry`: mounts below `path`, which are moved onto the same place on the overlay.
Status MountOverlayAt(const std::string& path, const std::string& source, const Layers& layers,
                      bool exec, const std::vector<std::string>& carry);

// True if the layers cannot be passed to fsconfig(2): its strings end at 255 bytes, and Linux
// before 6.5 refuses commas in them. mount(2) takes both.
bool NeedsMount2(const Layers& layers);
// The data for mount(2).
std::string OverlayData(const Layers& layers);

}  // namespace bf::overlays
