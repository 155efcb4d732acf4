// SPDX-License-Identifier: Apache-2.0
// What udev calls for one device where its own rules cannot judge:
//
//   bf-lockdown decide DEVPATH        DEVPATH as udev's %p: "/devices/…", below /sys
//
// It reads that device and its parents, judges, writes what follows, and prints one line:
//
//   "allow NAME"    the [[allow]] entry that lets it in, or "hub", or "bus" for a root hub
//   "filter NAME"   for the filter daemon alone: it stays inhibited, its nodes stay shut
//   "deny"
//
// Exit code 0 says that it was judged, whatever came out. Any other exit code, a signal, or no line
// at all is a denial: nothing was released. Rules call it
//   - in RUN+=, after 80-drivers.rules has loaded modules, for usb_device, usb_interface, hid and
//     inputN: what acts needs the driver (or evdev, for draining) to be there. The inhibiting comes
//     before, from a plain ATTR{inhibited}="1";
//   - as PROGRAM== for eventN, where it only judges and RESULT== decides on the mode of the node.
//     udev handles eventN after inputN.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lockdown/apply/kernel.h"
#include "lockdown/judge/judge.h"

namespace bf::lockdown {

struct Answer {
  std::string line = "deny";
  std::vector<Decision> decisions;  // for the audit log
  std::vector<std::string> done;
};

// An error if it could not be judged, or if what had to be written did not take.
Result<Answer> Decide(const Policy& policy, const Situation& situation, Kernel& kernel,
                      std::string_view devpath, bool dry_run);

}  // namespace bf::lockdown
