// SPDX-License-Identifier: Apache-2.0
// The steps a plan is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/disk/gpt.h"
#include "core/disk/guid.h"
#include "core/plan/plan.h"

namespace bf::provision::data {

// Writes both copies of the partition table: backup at the last LBA, then the primary.
struct WriteTable {
  static constexpr std::string_view kName = "write-table";
  std::string disk;  // kernel name
  std::uint64_t disk_size = 0;
  disk::GptTable table;
  std::string why;
  std::string Describe() const;
  bool operator==(const WriteTable&) const = default;
};

// Tells the kernel the partition's size from the table, without re-reading a table in use.
struct ResizePartition {
  static constexpr std::string_view kName = "resize-partition";
  std::string disk;
  std::string device;  // the partition's kernel name
  int index = 0;
  std::uint64_t start = 0;  // bytes
  std::uint64_t size = 0;   // bytes
  std::string Describe() const;
  bool operator==(const ResizePartition&) const = default;
};

struct Range {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const Range&) const = default;
};

// Zeroes signatures that an earlier life of the card left in space that no partition owns.
struct WipeFree {
  static constexpr std::string_view kName = "wipe-free";
  std::string disk;
  std::vector<Range> ranges;  // on the disk
  std::string Describe() const;
  bool operator==(const WipeFree&) const = default;
};

// Zeroes every place a signature could be, so that a torn mkfs cannot probe as what was before.
struct WipePartition {
  static constexpr std::string_view kName = "wipe-partition";
  std::string device;
  std::vector<Range> ranges;  // on the partition
  std::string Describe() const;
  bool operator==(const WipePartition&) const = default;
};

struct MakeFilesystem {
  static constexpr std::string_view kName = "make-filesystem";
  std::string device;
  std::uint64_t size = 0;  // what it will have, for the reader
  std::string uuid;        // empty: a random one
  std::int64_t timeout_ms = 0;
  std::string Describe() const;
  bool operator==(const MakeFilesystem&) const = default;
};

// Mounts privately, makes the skeleton, syncs, and mounts once more to see that it is there.
struct Populate {
  static constexpr std::string_view kName = "populate";
  std::string device;
  std::string Describe() const;
  bool operator==(const Populate&) const = default;
};

// Gives the finished label to the primary superblock in one write, then to the backups.
struct SetLabel {
  static constexpr std::string_view kName = "set-label";
  std::string device;
  std::string Describe() const;
  bool operator==(const SetLabel&) const = default;
};

// Gives the primary superblock, which a power cut left with the checksum of an earlier write, its
// own: one sector.
struct FinishSuperblock {
  static constexpr std::string_view kName = "finish-superblock";
  std::string device;
  std::string Describe() const;
  bool operator==(const FinishSuperblock&) const = default;
};

enum class Rung {
  kLook,    // e2fsck -n: does the medium itself fail?
  kPreen,   // e2fsck -p
  kFull,    // e2fsck -y
  kBackup,  // e2fsck -y -b
};
std::string_view RungName(Rung rung);

// Whatever a check that fails has changed is undone before the step ends.
struct CheckFilesystem {
  static constexpr std::string_view kName = "check-filesystem";
  std::string device;
  Rung rung = Rung::kPreen;
  std::uint64_t backup_block = 0;  // for kBackup
  std::uint32_t block_size = 4096;
  std::int64_t timeout_ms = 0;
  std::uint64_t undo_size = 0;
  std::string Describe() const;
  bool operator==(const CheckFilesystem&) const = default;
};

// Takes back what checks of this boot changed that ended well and did not help.
struct UndoRepairs {
  static constexpr std::string_view kName = "undo-repairs";
  std::string device;
  std::string Describe() const;
  bool operator==(const UndoRepairs&) const = default;
};

struct MountData {
  static constexpr std::string_view kName = "mount";
  std::string device;
  std::string target;
  bool project_quota = true;
  std::string Describe() const;
  bool operator==(const MountData&) const = default;
};

// Brings the flags of an existing mount to what they must be.
struct FixMountFlags {
  static constexpr std::string_view kName = "fix-mount-flags";
  std::string target;
  std::string Describe() const;
  bool operator==(const FixMountFlags&) const = default;
};

// Makes the directories that every later stage counts on; what is in their place and is no
// directory is moved aside.
struct FixSkeleton {
  static constexpr std::string_view kName = "fix-skeleton";
  std::string target;
  std::vector<std::string> problems;
  std::string Describe() const;
  bool operator==(const FixSkeleton&) const = default;
};

// Keeps the undo logs of a successful repair on BF_DATA.
struct SaveUndo {
  static constexpr std::string_view kName = "save-undo";
  std::string target;
  std::string Describe() const;
  bool operator==(const SaveUndo&) const = default;
};

struct GrowFilesystem {
  static constexpr std::string_view kName = "grow-filesystem";
  std::string target;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint32_t block_size = 4096;
  std::string Describe() const;
  bool operator==(const GrowFilesystem&) const = default;
};

// A tmpfs in place of BF_DATA, so that the boot goes on.
struct MountDegraded {
  static constexpr std::string_view kName = "mount-degraded";
  std::string target;
  std::uint64_t size = 0;
  std::uint64_t inodes = 0;
  std::string Describe() const;
  bool operator==(const MountDegraded&) const = default;
};

using Action =
    std::variant<WriteTable, ResizePartition, WipeFree, WipePartition, MakeFilesystem, Populate,
                 SetLabel, FinishSuperblock, CheckFilesystem, UndoRepairs, MountData, FixMountFlags,
                 FixSkeleton, SaveUndo, GrowFilesystem, MountDegraded>;
using Steps = plan::Plan<Action>;

// Directories of BF_DATA, all root:root.
struct SkeletonDirectory {
  std::string_view path;
  unsigned mode;
};
inline constexpr SkeletonDirectory kSkeleton[] = {
    {"state", 0755},        {"state/shared", 0755}, {"state/slot-a", 0755},
    {"state/slot-b", 0755}, {"overlay", 0700},      {"control", 0700},
};
// The tmpfs in place of BF_DATA has this source in mountinfo.
inline constexpr std::string_view kDegradedSource = "bf-degraded";

}  // namespace bf::provision::data
