// SPDX-License-Identifier: Apache-2.0
// What has to be done so that the writable paths are as the policy says. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/plan/plan.h"
#include "overlays/facts.h"
#include "overlays/merge.h"
#include "overlays/policy.h"

namespace bf::overlays {

// Every action has the `name` of the policy's entry it is for: if one fails, the rest of that
// entry's is left out and a stand-in mounted; the others go on.

// Something else lies where overlay/NAME belongs: it is renamed, never followed nor removed.
struct SetAside {
  static constexpr std::string_view kName = "set-aside";
  std::string name;
  std::string what;
  std::string Describe() const;
};
// overlay/NAME gets root:root 0700 (again): nobody reaches an upper directory by its own path.
struct SecureStore {
  static constexpr std::string_view kName = "secure-store";
  std::string name;
  std::string Describe() const;
};
struct BuildGeneration {
  static constexpr std::string_view kName = "build-generation";
  std::string name;
  std::string path;
  unsigned number = 0;
  unsigned from = 0;  // 0: from nothing
  OsIdentity os;
  std::string how;  // as in the stamp
  Made upper;
  Entry lower;  // the manifest
  std::vector<Decision> decisions;
  std::string Describe() const;
};
// The upper directory that the OS now running left behind comes back as it was.
struct RestoreGeneration {
  static constexpr std::string_view kName = "restore-generation";
  std::string name;
  unsigned from = 0;
  unsigned number = 0;
  OsIdentity os;
  std::string Describe() const;
};
struct RepairUpper {
  static constexpr std::string_view kName = "repair-upper";
  std::string name;
  unsigned generation = 0;
  unsigned mode = 0;
  unsigned uid = 0;
  unsigned gid = 0;
  std::string Describe() const;
};
struct RepairWork {
  static constexpr std::string_view kName = "repair-work";
  std::string name;
  unsigned generation = 0;
  std::string why;
  std::string Describe() const;
};
struct Retire {
  static constexpr std::string_view kName = "retire";
  std::string name;
  std::vector<unsigned> generations;
  std::vector<std::string> leftovers;
  std::string Describe() const;
};
struct MountTmpfs {
  static constexpr std::string_view kName = "mount-tmpfs";
  std::string name;
  std::string path;
  std::uint64_t size = 0;
  std::uint64_t inodes = 0;
  unsigned mode = 0;
  unsigned uid = 0;
  unsigned gid = 0;
  bool exec = false;
  std::string Describe() const;
};
struct AdjustTmpfs {
  static constexpr std::string_view kName = "adjust-tmpfs";
  MountTmpfs to;
  std::string why;
  std::string Describe() const;
};
struct MountOverlay {
  static constexpr std::string_view kName = "mount-overlay";
  std::string name;
  std::string path;
  std::vector<std::string> lowers;  // topmost first; the last is `path` itself
  unsigned generation = 0;          // on BF_DATA; 0: a tmpfs of its own holds the changes
  std::uint64_t size = 0;           // of that tmpfs
  std::uint64_t inodes = 0;
  bool exec = false;
  std::vector<std::string> carry;  // mounts below the path, to be seen through the overlay as well
  std::string Describe() const;
};

using Action = std::variant<SetAside, SecureStore, BuildGeneration, RestoreGeneration, RepairUpper,
                            RepairWork, Retire, MountTmpfs, AdjustTmpfs, MountOverlay>;

// Which entry of the policy an action is for.
const std::string& NameOf(const Action& action);

enum class Severity {
  kNote,      // put right, and worth knowing
  kDegraded,  // works, but changes are lost at the next boot or limits do not hold
  kFailed,    // the path is not writable
};
struct Problem {
  Severity severity;
  std::string name;
  std::string text;
  bool operator==(const Problem&) const = default;
};

struct OverlayPlan {
  plan::Plan<Action> steps;
  std::vector<Problem> problems;  // that can be told before anything is done
};

OverlayPlan MakePlan(const Policy& policy, const Facts& facts);

// What is mounted when BF_DATA cannot take changes: the image's content under a tmpfs. `old` is the
// generation whose changes show read-only in between, where only making a new one of it failed.
MountOverlay StandIn(const WritablePath& entry, const Facts& facts,
                     const std::string& data_mount_point, unsigned old);

std::string PlanToText(const OverlayPlan& plan);

}  // namespace bf::overlays
