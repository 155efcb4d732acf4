// SPDX-License-Identifier: Apache-2.0
// Which lines of a file a device can get to, as far as its kind alone tells.
#pragma once

#include <vector>

#include "udev-rules/rules/syntax.h"

namespace bf::udev_rules {

// An empty member is not known.
struct DeviceKind {
  std::string_view subsystem;
  std::string_view kernel;
  std::string_view action;
};

enum class Verdict { kNo, kMaybe, kYes };

// Do the matches of the line hold for a device of this kind?
Verdict HoldsFor(const Line& line, const DeviceKind& kind);

// For each line: can udev come to it?
std::vector<bool> Reachable(const RuleFile& file, const DeviceKind& kind);

}  // namespace bf::udev_rules
