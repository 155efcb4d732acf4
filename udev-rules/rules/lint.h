// SPDX-License-Identifier: Apache-2.0
// Finds what would undo our rules, without any device: files that mask ours, and lines of others
// that write what ours decide.
#pragma once

#include <span>

#include "udev-rules/rules/files.h"

namespace bf::udev_rules {

enum class FindingKind {
  kMasked,       // another file has the name of ours
  kMissing,      // ours is not there
  kGate,         // writes inhibited, authorized*, driver binding
  kNode,         // gives a node of ours another mode, owner or group, and ours do not undo it
  kTag,          // hands a node of ours to a seat or to logind, and ours do not undo it
  kSysctl,       // writes a kernel setting
  kUnreachable,  // no device ever gets to this line
};
std::string_view ToString(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kMasked;
  SourceRef at;
  std::string message;

  bool operator==(const Finding&) const = default;
};

// `ours`: names of our files, without directories. A line that could apply to a device counts as if
// it did: only SUBSYSTEM, KERNEL, ACTION and GOTO are weighed.
std::vector<Finding> Lint(const RuleSet& set, std::span<const std::string> ours);

}  // namespace bf::udev_rules
