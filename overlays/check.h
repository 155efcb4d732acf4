// SPDX-License-Identifier: Apache-2.0
// The converse of the policy: that nothing is writable which it does not list. Pure.
#pragma once

#include "overlays/facts.h"
#include "overlays/policy.h"

namespace bf::overlays {

struct Finding {
  std::string path;  // of the mount, or where one is missing
  std::string what;  // "a tmpfs is mounted read-write, and no policy lists it"
  std::string todo;
  SourceRef because;  // the policy's line, where there is one
  bool operator==(const Finding&) const = default;
};

// Sorted by path; empty if all is as it should be.
std::vector<Finding> Check(const Policy& policy, const Facts& facts);

// A writable mount that comes with the kernel and systemd, and that no policy has to list.
struct ApiMount {
  std::string_view fs_type;
  std::string_view path;
  bool below = false;  // not `path` itself but a directory directly in it
  std::string_view why;
};
const std::vector<ApiMount>& ApiMounts();

struct Writable {
  std::string path;
  std::string fs_type;
  std::string source;
  std::string allowed_by;  // "overlays.toml:12:1", "state.toml:4:8", "built in: …"; "" for nothing
  bool operator==(const Writable&) const = default;
};
// Every mount that can be written to, in the order of their paths.
std::vector<Writable> ListWritable(const Policy& policy, const Facts& facts);

}  // namespace bf::overlays
