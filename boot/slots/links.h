// SPDX-License-Identifier: Apache-2.0
// Slots → device nodes. system.conf names /run/betterframe/slots/…, and these links lead to the
// partitions of the running root's own disk: a stick with a partition of the same name, or of the
// same PARTUUID, is never one of them, and nothing hotplugged can change a link.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/facts/block.h"
#include "provision/layout/layout.h"

namespace bf::boot::slots {

inline constexpr std::string_view kDirectory = "/run/betterframe/slots";

struct Link {
  std::string name;    // "root-a"
  std::string target;  // "/dev/mmcblk0p4"
  bool operator==(const Link&) const = default;
};

// All four, or an error that names each partition that is missing or there twice: with a part of
// them RAUC would install half an update.
Result<std::vector<Link>> SlotLinks(const provision::layout::Layout& layout,
                                    const facts::Disk& disk);

}  // namespace bf::boot::slots
