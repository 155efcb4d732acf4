// SPDX-License-Identifier: Apache-2.0
// What bf-state would do. Pure: policy and facts in, steps and problems out.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/plan/plan.h"
#include "provision/state/facts.h"
#include "provision/state/policy.h"

namespace bf::provision::state {

// Every action names the entry it is for, so that the failure of one leaves the others alone.
// `source` is always relative to BF_DATA.

// Something that is not what the policy says stands in the way. It is evidence, and may be
// somebody's data: renamed beside itself, never deleted.
struct MoveAside {
  static constexpr std::string_view kName = "move-aside";
  std::string entry;
  std::string source;
  std::string found;  // "symbolic link"
  std::string Describe() const;
  bool operator==(const MoveAside&) const = default;
};

// Made whole under a temporary name, then renamed: never seen half seeded.
struct Create {
  static constexpr std::string_view kName = "create";
  std::string entry;
  std::string source;
  Kind kind = Kind::kDirectory;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  unsigned mode = 0;
  std::uint32_t project = 0;  // 0: none
  std::string seed;           // path in the image whose content is copied; empty: none
  std::string Describe() const;
  bool operator==(const Create&) const = default;
};

struct SetOwner {
  static constexpr std::string_view kName = "set-owner";
  std::string entry;
  std::string source;
  Kind kind = Kind::kDirectory;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  unsigned mode = 0;
  std::string Describe() const;
  bool operator==(const SetOwner&) const = default;
};

// Gives the tree to a quota project. After all binds: it may take long, and nobody's state waits
// for another's cache.
struct SetProject {
  static constexpr std::string_view kName = "set-project";
  std::string entry;
  std::string source;
  std::uint32_t project = 0;
  std::string Describe() const;
  bool operator==(const SetProject&) const = default;
};

struct SetQuota {
  static constexpr std::string_view kName = "set-quota";
  std::string entry;
  std::uint32_t project = 0;
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
  std::uint64_t asked = 0;  // bytes in the policy, where the disk is too small for it
  std::string Describe() const;
  bool operator==(const SetQuota&) const = default;
};

// For all that the user owns on BF_DATA. A project holds only who leaves it alone: the owner of a
// file may move it to another one, but cannot give it away.
struct SetOwnerQuota {
  static constexpr std::string_view kName = "set-owner-quota";
  std::string entry;  // one of the owner's
  std::string owner;
  std::uint32_t uid = 0;
  std::uint64_t bytes = 0;
  std::uint64_t inodes = 0;
  std::string Describe() const;
  bool operator==(const SetOwnerQuota&) const = default;
};

// nosuid,nodev,noexec whatever BF_DATA itself is mounted with.
struct Bind {
  static constexpr std::string_view kName = "bind";
  std::string entry;
  std::string source;
  Kind kind = Kind::kDirectory;
  std::string target;
  std::string Describe() const;
  bool operator==(const Bind&) const = default;
};

// A bind that is there without its flags.
struct Harden {
  static constexpr std::string_view kName = "harden";
  std::string entry;
  std::string target;
  std::string Describe() const;
  bool operator==(const Harden&) const = default;
};

using Action =
    std::variant<MoveAside, Create, SetOwner, SetProject, SetQuota, SetOwnerQuota, Bind, Harden>;
const std::string& EntryOf(const Action& action);

// Something the plan cannot put right. The rest goes on.
struct Problem {
  SourceRef at;
  std::string message;
  bool operator==(const Problem&) const = default;
};

struct Planned {
  plan::Plan<Action> steps;
  std::vector<Problem> problems;
};

Planned MakePlan(const Policy& policy, const Facts& facts);

}  // namespace bf::provision::state
