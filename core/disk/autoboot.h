// SPDX-License-Identifier: Apache-2.0
// autoboot.txt: which partition the Pi firmware starts, and which one it tries once after
// `reboot "0 tryboot"`. The one maker and the one parser of that file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bf::disk {

// The one file of the selector partition. Exactly one 512-byte sector, so that a running device
// can change it in one sector write.
inline constexpr std::string_view kAutobootName = "autoboot.txt";
inline constexpr std::size_t kAutobootSize = 512;

// `committed` is what the firmware boots, `trial` what it boots once when asked to: partition
// numbers. Both equal means that nothing is on trial: then a stray tryboot flag is a normal boot.
// Padded with a comment, which the firmware reads past.
std::string MakeAutoboot(int committed, int trial);

struct Autoboot {
  std::optional<int> committed;  // boot_partition of [all]
  std::optional<int> tryboot;    // boot_partition of [tryboot]; absent: as [all] says
  bool tryboot_a_b = false;      // without it the flag changes files, not partitions
  // What is not as MakeAutoboot writes it, one line each. None of it stops the firmware.
  std::vector<std::string> oddities;

  // What the firmware starts with the flag set.
  std::optional<int> Trial() const { return tryboot ? tryboot : committed; }
  bool operator==(const Autoboot&) const = default;
};

// As the firmware reads it: it looks at the first 512 bytes, the last of equal keys counts, and
// what it does not know it skips. Any input has a result.
Autoboot ParseAutoboot(std::string_view bytes);

}  // namespace bf::disk
