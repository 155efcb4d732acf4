// SPDX-License-Identifier: Apache-2.0
#include "provision/image/cmdline.h"

namespace bf::provision::image {

std::string MakeCmdline(const layout::CmdlinePolicy& policy, layout::Slot slot,
                        const disk::Guid& root_partition) {
  std::string line =
      fmt::format("root=PARTUUID={} rauc.slot={}", root_partition.ToString(), SlotName(slot));
  for (const auto& word : policy.words) line += " " + word.value;
  return line + "\n";
}

}  // namespace bf::provision::image
