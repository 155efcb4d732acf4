// SPDX-License-Identifier: Apache-2.0
#include "provision/image/autoboot.h"

namespace bf::provision::image {

std::string MakeAutoboot(int committed, int trial) {
  std::string text = fmt::format(
      "[all]\n"
      "tryboot_a_b=1\n"
      "boot_partition={}\n"
      "[tryboot]\n"
      "boot_partition={}\n",
      committed, trial);
  // Comment lines of at most 64 characters: the firmware's limit for a line is 98.
  constexpr std::size_t kLine = 64;
  while (text.size() < kAutobootSize) {
    const std::size_t length = std::min(kLine, kAutobootSize - text.size());
    text += length == 1 ? "\n" : "#" + std::string(length - 2, ' ') + "\n";
  }
  return text;
}

}  // namespace bf::provision::image
