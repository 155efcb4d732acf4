// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace bf::provision::image {

// The one file of the selector partition. Exactly one 512-byte sector, so that a running device
// can change it in one sector write.
inline constexpr std::string_view kAutobootName = "autoboot.txt";
inline constexpr std::size_t kAutobootSize = 512;

// `committed` is what the firmware boots, `trial` what it boots once after `reboot "0 tryboot"`:
// partition numbers. Padded with a comment, which the firmware reads past.
std::string MakeAutoboot(int committed, int trial);

}  // namespace bf::provision::image
