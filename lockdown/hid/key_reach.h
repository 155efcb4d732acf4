// SPDX-License-Identifier: Apache-2.0
// Which Linux keys a HID device could send, going by its report descriptor alone and before any
// driver is bound. Every input field counts, constant ones too, and where the answer depends on the
// kernel's version or driver, all of them count.
#pragma once

#include <vector>

#include "lockdown/hid/report_descriptor.h"
#include "lockdown/input/bitmap.h"

namespace bf::lockdown::hid {

enum class Typing {
  kNo,       // no usage that any table makes a typing key
  kPerhaps,  // usages of vendors, or ones no table knows: a driver of its own could
  kYes,      // hid-generic makes at least one of them a key that the VT keyboard takes
};

struct KeyReach {
  input::Bitmap keys;  // numbers of KEY_* and BTN_*
  // Usages that no table knows, as disjoint ranges in ascending order.
  std::vector<UsageRange> unknown;

  Typing CanType() const;
  // True if the device could send this key; unknown usages could be any.
  bool CouldSend(unsigned code) const { return keys.Test(code) || !unknown.empty(); }
};

KeyReach ReachOf(const ReportDescriptor& descriptor);

}  // namespace bf::lockdown::hid
