// SPDX-License-Identifier: Apache-2.0
#include "provision/image/cmdline.h"

#include <fmt/format.h>

namespace bf::provision::image {

std::string MakeCmdline(std::string_view common_words, std::string_view slot,
                        const disk::Guid& root_partition) {
  return fmt::format("root=PARTUUID={} rauc.slot={} {}\n", root_partition.ToString(), slot,
                     common_words);
}

}  // namespace bf::provision::image
