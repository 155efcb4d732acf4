// SPDX-License-Identifier: Apache-2.0
// All that is known about how this device booted and what it will boot next. A plain struct,
// observed once (boot/linux) or set up by a test.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "boot/model/record.h"
#include "boot/model/slot.h"
#include "core/disk/autoboot.h"

namespace bf::boot {

// What the firmware tells the kernel: /proc/device-tree/chosen/bootloader, or, on a machine
// without a device tree, bf.firmware.* of the kernel command line.
struct FirmwareFacts {
  std::optional<std::uint32_t> partition;  // that it started from; absent where it does not tell
  std::optional<bool> tryboot;             // the one-shot flag was set for this boot
  std::string source;                      // where that was read, for messages
  std::vector<std::string> problems;       // a node that cannot be believed, one line each
};

struct SlotPartitions {
  std::optional<int> boot;  // numbers in the table of the root's disk
  std::optional<int> root;
};

struct SelectorFacts {
  std::optional<disk::Autoboot> autoboot;  // absent where the file cannot be read
  std::string problem;                     // why it cannot be read, or cannot be written
  bool writable = false;                   // exactly one sector in one cluster of a sound FAT
  std::vector<std::string> notes;          // a dirty FAT, and the like
};

struct Facts {
  FirmwareFacts firmware;
  SelectorFacts selector;
  std::array<SlotPartitions, 2> slots;  // by IndexOf(slot)
  std::string disk_problem;             // why `slots` may be empty

  std::optional<Slot> cmdline_slot;  // rauc.slot=
  std::string cmdline_slot_text;     // as it stands there, where it is neither A nor B
  std::optional<Slot> root_slot;     // whose root partition is mounted at /
  std::string root_text;             // what is mounted there, where it is neither; "" not known
  // Which release the boot FAT belongs to (bf.revision= of its cmdline.txt), and the root
  // (IMAGE_VERSION of its os-release). Compared where both are known.
  std::optional<std::string> boot_revision;
  std::optional<std::string> root_revision;
  std::string boot_id;  // empty: not known, and then equal to no other

  StoredRecord record;
  bool record_writable = false;  // there is a BF_DATA that keeps what is written to it
  std::string record_storage_problem;

  bool app_ota = false;  // BF_ENABLE_APP_OTA=1 somewhere in the kiosk's environment
  std::string app_ota_where;
  std::vector<std::string> foreign_disks;  // others that have partitions by our names

  const SlotPartitions& Of(Slot slot) const { return slots[IndexOf(slot)]; }
  // Whose boot partition that number is.
  std::optional<Slot> SlotOfBoot(std::int64_t partition) const {
    for (const Slot slot : kSlots) {
      if (Of(slot).boot && *Of(slot).boot == partition) return slot;
    }
    return std::nullopt;
  }
};

}  // namespace bf::boot
