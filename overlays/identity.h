// SPDX-License-Identifier: Apache-2.0
// Which OS an upper directory was made on.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/error/error.h"
#include "core/facts/os_release.h"

namespace bf::overlays {

struct OsIdentity {
  std::string image_id;  // the three of os-release(5)
  std::string image_version;
  std::string build_id;
  // "ext4:" and a hash over the first 4 KiB of the root's device: its UUID, but also the time it
  // was made and its counts of free blocks, for the images that all have one UUID.
  std::string root_fs;

  bool operator==(const OsIdentity&) const = default;
  bool known() const { return !root_fs.empty() || !image_version.empty() || !build_id.empty(); }
  // "betterframe 1.2 (build 77)", for people.
  std::string ToString() const;
};

// All but root_fs.
OsIdentity IdentityOf(const facts::OsRelease& release);

// Lies beside each upper directory.
struct Stamp {
  OsIdentity os;
  std::string how = "new";  // "new", "merge", "keep" or "drop"
  unsigned from = 0;        // number of the generation it was made from; 0 for none
  // Over the manifest of the upper directory as it was made: tells whether the user has changed
  // anything since.
  std::string made;

  bool operator==(const Stamp&) const = default;
};

std::string StampToJson(const Stamp& stamp);
Result<Stamp> ParseStamp(std::string_view text);

}  // namespace bf::overlays
