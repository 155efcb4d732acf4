// SPDX-License-Identifier: Apache-2.0
// /proc/self/mountinfo, as proc(5) describes it. Pure: text in, structs out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"

namespace bf::facts {

struct Mount {
  int id = 0;
  int parent = 0;
  unsigned major = 0;
  unsigned minor = 0;
  std::string root;    // the part of the file system that is mounted here; "/" for all of it
  std::string target;  // octal escapes undone
  std::vector<std::string> options;  // of this mount: "rw", "nosuid", …
  std::string propagation;           // the optional fields, "shared:1"
  std::string fs_type;
  std::string source;
  std::vector<std::string> super_options;  // of the file system: "rw", "upperdir=…", …

  bool HasOption(std::string_view name) const;
  bool HasSuperOption(std::string_view name) const;
  // The value of "name=value" among the super options, or "".
  std::string SuperOption(std::string_view name) const;
  // Both the mount and the file system below it must be writable for a write to succeed.
  bool Writable() const { return HasOption("rw") && HasSuperOption("rw"); }
};

Result<std::vector<Mount>> ParseMountInfo(std::string_view text);
// Reads ROOT/proc/self/mountinfo.
Result<std::vector<Mount>> ReadMountInfo(const std::string& root);

// The mount that is visible at `target` (the last one mounted exactly there), or nullptr.
const Mount* FindMount(const std::vector<Mount>& mounts, std::string_view target);
// The mount that `path` lies on.
const Mount* MountOf(const std::vector<Mount>& mounts, std::string_view path);

}  // namespace bf::facts
