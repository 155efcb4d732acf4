// SPDX-License-Identifier: Apache-2.0
// What bf-state finds: BF_DATA, each source on it, each target in the image.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/error/error.h"
#include "provision/state/accounts.h"
#include "provision/state/policy.h"

namespace bf::provision::state {

enum class FileType {
  kAbsent,
  kDirectory,
  kFile,
  kSymlink,
  kFifo,
  kSocket,
  kCharDevice,
  kBlockDevice,
};
// "directory", "symbolic link", …
std::string_view ToText(FileType type);

struct QuotaFacts {
  std::uint64_t limit_bytes = 0;  // 0: none set
  std::uint64_t limit_inodes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t used_inodes = 0;
  bool operator==(const QuotaFacts&) const = default;
};

struct SourceFacts {
  std::string problem;  // it could not be looked at, and why
  FileType type = FileType::kAbsent;
  unsigned mode = 0;  // permission and special bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint64_t links = 0;
  bool foreign = false;       // something else is mounted there
  std::uint32_t project = 0;  // quota project, of directories
  bool inherits = false;      // what is created below gets the same project
  bool walk_pending = false;  // what is below was not all given to the project yet
  bool operator==(const SourceFacts&) const = default;
};

struct TargetFacts {
  std::string problem;  // it could not be reached without following a symlink, and why
  FileType type = FileType::kAbsent;
  bool bound = false;     // the source is what is visible here
  bool hardened = false;  // nosuid,nodev,noexec
  bool operator==(const TargetFacts&) const = default;
};

struct EntryFacts {
  std::string source;  // below the mount point; empty when the slot is not known
  SourceFacts at_source;
  TargetFacts at_target;
  std::optional<QuotaFacts> quota;  // of the entry's project; absent when quotas are off
  bool operator==(const EntryFacts&) const = default;
};

struct Facts {
  std::string slot;            // "a", "b", or "" when the command line does not say
  bool data_mounted = false;   // something is mounted at the mount point
  bool data_volatile = false;  // it is the tmpfs of a degraded boot
  bool data_read_only = false;
  std::uint64_t data_bytes = 0;                 // what files can take on it; 0: not known
  bool quotas = false;                          // project quotas are enforced
  bool owner_quotas = false;                    // those of users are, too
  std::map<std::string, SourceFacts> skeleton;  // "state", "state/shared", …
  std::map<std::string, EntryFacts> entries;    // by name
  std::map<std::string, QuotaFacts> owners;     // of the entries, by user; root is never limited
  Accounts accounts;

  bool operator==(const Facts& other) const;
};

nlohmann::ordered_json ToJson(const Facts& facts);
Result<Facts> FactsFromJson(std::string_view text);

// "a" for the word rauc.slot=A on a kernel command line, "b" for B, "" for neither.
std::string SlotOf(std::string_view command_line);
// The directories above the sources of this policy, parents first.
std::vector<std::string> SkeletonOf(const Policy& policy, std::string_view slot);

// Looks at the machine below `root`. Everything on BF_DATA is opened beneath its mount, never
// through a symlink. An error only when nothing can be known at all.
Result<Facts> ObserveFacts(const std::string& root, const Policy& policy);

}  // namespace bf::provision::state
