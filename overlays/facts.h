// SPDX-License-Identifier: Apache-2.0
// What the machine is like, as far as the writable paths are concerned. Observed once
// (linux_facts.h), or loaded from a recording.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/facts/mountinfo.h"
#include "overlays/identity.h"
#include "overlays/tree.h"

namespace bf::overlays {

// What is visible at a path of the policy, through whatever is mounted there now.
struct PathFacts {
  bool directory = false;  // false: not there, or something else
  unsigned mode = 0;
  unsigned uid = 0;
  unsigned gid = 0;
  std::uint64_t fs_bytes = 0;  // statfs(2): shows the limits of a tmpfs that an overlay hides
  std::uint64_t fs_inodes = 0;
};

// overlay/NAME/generation-N on BF_DATA: an upper directory, its work directory and its stamp.
struct GenerationFacts {
  unsigned number = 0;
  std::optional<Stamp> stamp;
  std::string problem;  // why it cannot be used at all: "upper is a symlink"
  unsigned upper_mode = 0;
  unsigned upper_uid = 0;
  unsigned upper_gid = 0;
  std::string
      work_problem;  // why `work` has to be made anew: "missing", "left by a volatile mount"
  bool was_volatile = false;

  bool good() const { return problem.empty() && stamp.has_value(); }
};

// overlay/NAME on BF_DATA.
struct StoreFacts {
  bool exists = false;
  std::string problem;                       // in place of the directory: "a symlink"
  bool is_private = true;                    // owned by root, mode 0700
  std::vector<GenerationFacts> generations;  // by number
  std::vector<std::string> leftovers;        // of work that a power cut ended

  // The rest is read only when the OS below is not the one of the newest generation.
  std::optional<Entry> next;  // what the image has
  std::optional<Entry> user;  // what the newest generation's upper directory has
  std::optional<Entry> base;  // what the image had when that was made
  std::string tree_problem;   // why one of the first two is missing
  std::string base_problem;   // why the third is
  bool changed_since_made = true;

  // The one in force: the newest that can be used.
  const GenerationFacts* Newest() const;
};

// What the overlay module does where a mount does not say; mountinfo shows only deviations.
struct OverlayDefaults {
  std::optional<bool> index;
  std::optional<bool> metacopy;
  std::optional<bool> redirect_dir;
  std::optional<bool> xino;
  std::optional<bool> nfs_export;
};

struct Facts {
  std::vector<facts::Mount> mounts;
  OsIdentity os;
  std::string data_problem;  // why BF_DATA cannot hold upper directories; empty if it can
  OverlayDefaults defaults;
  std::map<std::string, PathFacts> paths;    // by name of the policy's entry
  std::map<std::string, StoreFacts> stores;  // the same; persistent ones only
};

// "generation-7" from 7, and back.
std::string GenerationName(unsigned number);
std::optional<unsigned> ParseGenerationName(std::string_view name);

// Where things are.
std::string StorePath(std::string_view data_mount_point, std::string_view name);
std::string GenerationPath(std::string_view data_mount_point, std::string_view name,
                           unsigned number);
// Where the tmpfs behind an overlay is mounted while the overlay is put together.
std::string BackingPath(std::string_view name);

// A recording; see tests/overlays/plan for examples.
Result<Facts> ParseFacts(std::string_view json);

}  // namespace bf::overlays
