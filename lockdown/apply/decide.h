// SPDX-License-Identifier: Apache-2.0
// What udev calls for one device where its own rules cannot judge:
//
//   bf-lockdown-decide GATE DEVPATH     GATE: usb, hid or input; DEVPATH: below /sys, "/devices/…"
//
// It reads that device and its parents, judges, writes what follows, and prints one line:
//
//   "allow NAME"    the [[allow]] entry that lets it in
//   "allow hub"     a hub, which [usb] lets in
//   "filter NAME"   for the filter daemon alone: it stays inhibited, its nodes stay shut
//   "gate"          a bus whose gates are shut now, or a USB device, which has no driver yet
//   "deny"
//
// Exit code 0 says that it was judged, whatever came out. Any other exit code, a signal, or no line
// at all is a denial: nothing was released. It may be asked as often as one likes; of what is as it
// should be it changes nothing. For eventN, mouseN and jsN it only judges.
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
  std::string ids;    // "0627:0001"
  bool audit = true;  // false for eventN, whose inputN has been told of
};

// Where decisions take the policy from. What it gives stays until it is asked again.
class PolicySource {
 public:
  virtual ~PolicySource() = default;
  // [usb], [maintenance] and the filters; the rest may be missing.
  virtual Result<const Policy*> Head() = 0;
  // The same, and each entry that can concern this device.
  virtual Result<const Policy*> For(const device::Device& device) = 0;
};

class WholePolicy : public PolicySource {
 public:
  explicit WholePolicy(Policy policy) : policy_(std::move(policy)) {}
  Result<const Policy*> Head() override { return &policy_; }
  Result<const Policy*> For(const device::Device& /*device*/) override { return &policy_; }

 private:
  Policy policy_;
};

// An error if it could not be judged, or if what had to be written did not take.
// `kernel` is what `sysfs` reads, or null to change nothing.
Result<Answer> Decide(PolicySource& policies, const Situation& situation, Sysfs& sysfs,
                      Kernel* kernel, Gate gate, std::string_view devpath);

}  // namespace bf::lockdown
