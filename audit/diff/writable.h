// SPDX-License-Identifier: Apache-2.0
// Every path that can be written to, whichever policy makes it so.
#pragma once

#include <string>
#include <vector>

#include "audit/set/policy_set.h"

namespace bf::audit {

// How long what is written stays.
enum class Keeps {
  kBoot,    // until the next boot
  kUpdate,  // until the OS is another one
  kMerged,  // longer; where both changed a file, the image's counts
  kSite,    // the same, and the site's counts
  kSlot,    // for good, but not in the other slot
  kData,    // for good
};
std::string_view ToString(Keeps keeps);

struct Writable {
  std::string path;
  std::string file;     // the policy that makes it so
  std::string subject;  // "state rauc"
  SourceRef at;
  bool single_file = false;
  bool exec = false;
  Keeps keeps = Keeps::kBoot;
  std::vector<std::string> kept;  // patterns that stay longer than the rest
  bool after_reset = false;       // and through a factory reset
  // Whose it is. Unknown where the directory in the image decides.
  bool owner_known = true;
  std::string owner = "root";
  std::string group = "root";
  unsigned mode = 0755;
  // The most that can be written; 0 is without a limit of its own.
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
  std::string reason;
};

// In the order of their paths.
std::vector<Writable> WritablePaths(const PolicySet& set);
// The one that decides about `path`, or null: it is read-only.
const Writable* Deciding(const std::vector<Writable>& all, std::string_view path);

}  // namespace bf::audit
