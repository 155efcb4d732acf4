// SPDX-License-Identifier: Apache-2.0
// policies/layout.toml, typed: what is on the disk of every device, and what the kernel is told.
// Shared by the image builder and by the tools that run on the device.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/policy/reader.h"
#include "provision/layout/data_policy.h"

namespace bf::provision::layout {

inline constexpr std::string_view kFileName = "layout.toml";
// Partitions start and end at multiples of this, whatever the sector size.
inline constexpr std::uint64_t kAlignment = 1 << 20;

enum class Role { kSelector, kBoot, kRoot, kData };
enum class Slot { kNone, kA, kB };

std::string_view RoleName(Role role);
// "A", "B", or "" for a partition that belongs to no slot.
std::string_view SlotName(Slot slot);
inline constexpr Slot kSlots[] = {Slot::kA, Slot::kB};

struct PartitionPolicy {
  int index = 0;  // number in the table: its place in the file, from 1
  policy::Located<std::string> name;
  policy::Located<Role> role;
  policy::Located<Slot> slot;
  policy::Located<std::uint64_t> size;  // of the data partition: the least
  SourceRef at;                         // the [[partition]] itself
};

struct CmdlinePolicy {
  std::vector<policy::Located<std::string>> words;
  SourceRef at;
};

struct Layout {
  policy::Located<std::string> compatible;
  std::vector<PartitionPolicy> partitions;
  CmdlinePolicy cmdline;
  DataPolicy data;

  // The one partition of that role (and slot). A validated layout has each of them.
  const PartitionPolicy& Get(Role role, Slot slot = Slot::kNone) const;
};

// Reads one document; what is wrong goes to `diagnostics`, and the result counts only if nothing
// was.
Layout ReadLayout(const policy::Document& document, policy::Diagnostics& diagnostics);

// DIR/layout.toml, or an error of kind kPolicy that holds all diagnostics.
Result<Layout> LoadLayout(const std::string& policy_dir);

}  // namespace bf::provision::layout
