// SPDX-License-Identifier: Apache-2.0
// policies/state.toml: which paths of the read-only root live on BF_DATA, and how.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"
#include "core/policy/reader.h"

namespace bf::provision::state {

inline constexpr std::string_view kPolicyFile = "state.toml";
// Where bf-data mounts BF_DATA unless layout.toml says otherwise.
inline constexpr std::string_view kDefaultMountPoint = "/var/lib/betterframe";

enum class Kind { kDirectory, kFile };
enum class Seed { kEmpty, kImage };
enum class Scope { kShared, kPerSlot };
enum class OnReset { kKeep, kClear };

// A project quota: counted by directory tree and not by owner, so that root's files count too.
struct Quota {
  SourceRef at;
  std::uint32_t id = 0;  // as in the policy; ProjectId() makes the number on disk
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
};

struct Entry {
  SourceRef at;
  policy::Located<std::string> name;
  policy::Located<std::string> path;
  policy::Located<Kind> kind;
  policy::Located<std::string> owner;
  policy::Located<std::string> group;
  policy::Located<unsigned> mode;
  policy::Located<Seed> seed;
  policy::Located<Scope> scope;
  policy::Located<OnReset> reset;
  std::string reason;
  std::optional<Quota> quota;
};

struct Policy {
  std::string mount_point{kDefaultMountPoint};  // of BF_DATA
  std::vector<Entry> entries;
};

// Reads and judges a parsed document; everything wrong goes to `diagnostics`.
Policy ReadPolicy(const policy::Document& document, std::string mount_point,
                  policy::Diagnostics& diagnostics);
// DIR/state.toml, and from DIR/layout.toml where BF_DATA is mounted. All that is wrong with the
// first, as one error of kind kPolicy; what is wrong with the second is for bf-data to say.
Result<Policy> LoadPolicy(const std::string& dir);

// "state/shared/rauc", "state/slot-a/log". `slot` is "a" or "b".
std::string SourcePath(const Entry& entry, std::string_view slot);
// Slots count apart: a full slot A must not keep slot B from starting.
std::uint32_t ProjectId(const Quota& quota, Scope scope, std::string_view slot);

}  // namespace bf::provision::state
