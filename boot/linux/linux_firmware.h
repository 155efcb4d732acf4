// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "boot/model/facts.h"

namespace bf::boot {

// DIR/partition and DIR/tryboot, big-endian words as in /proc/device-tree/chosen/bootloader.
FirmwareFacts ReadFirmwareNodes(const std::string& directory);
// bf.firmware.partition=N and bf.firmware.tryboot=0|1.
FirmwareFacts ParseFirmwareWords(std::string_view command_line);
// The nodes below ROOT; the words only on a machine that has no device tree at all: a Pi whose
// firmware tells nothing must not be told by a cmdline.txt that came with an update.
FirmwareFacts ObserveFirmware(const std::string& root, std::string_view command_line);

// The last value of KEY= on a kernel command line.
std::optional<std::string> WordOf(std::string_view command_line, std::string_view key);
// One node's bytes. A partition of 0 means that the firmware does not know.
void TakeNode(FirmwareFacts& facts, std::string_view name, std::string_view bytes);

}  // namespace bf::boot
