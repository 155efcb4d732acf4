// SPDX-License-Identifier: Apache-2.0
// Devices as two policies see them. The policies know descriptors by their hash, so a device is
// described the same way here: one that is exactly like an entry, with a place and a serial number
// chosen where the entry leaves them open.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lockdown/judge/judge.h"

namespace bf::audit {

// One question to a gate about a device like `like`.
struct Probe {
  const lockdown::Allow* like = nullptr;
  lockdown::Gate gate = lockdown::Gate::kUsb;
  std::optional<std::size_t> interface;  // USB: its position
  std::string serial;
  std::string port;
  const lockdown::AllowInput* input = nullptr;  // kInput
  std::string phys;
  bool window = false;  // a maintenance window is open
};

struct Outcome {
  const lockdown::Allow* entry = nullptr;  // none: denied
  const lockdown::Filter* filter = nullptr;

  bool allowed() const { return entry != nullptr; }
};

// A policy's entries, found by what a device says of itself first.
class Entries {
 public:
  explicit Entries(const lockdown::Policy& policy);

  // As JudgeInterface, JudgeReports and JudgeInput decide about such a device.
  Outcome Decide(const Probe& probe) const;
  const lockdown::Policy& policy() const { return *policy_; }
  // Entries that could be meant by the same device, whatever its place.
  std::vector<const lockdown::Allow*> Like(const lockdown::Allow& entry) const;

 private:
  const lockdown::Policy* policy_;
  std::map<std::string, std::vector<const lockdown::Allow*>> by_ids_;
};

// Probes that tell the two apart wherever any would: for each entry of either, its gates and nodes;
// where it leaves something open, each value that an entry of either names, and one that none does.
std::vector<Probe> ProbesOf(const Entries& before, const Entries& after);

// "USB device 222a:0001 version 0211 "ILITEK-TP" at port 1-1", and the gate.
std::string ToString(const Probe& probe);

}  // namespace bf::audit
