// SPDX-License-Identifier: Apache-2.0
// Layout + inputs → what is written where. Pure: no input is opened here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/disk/guid.h"
#include "core/plan/plan.h"
#include "provision/image/facts.h"
#include "provision/layout/layout.h"

namespace bf::provision::image {

struct ImageRequest {
  std::string out;
  std::optional<std::uint64_t> size;  // of the whole image
  std::uint32_t sector_size = 512;
  std::string revision = {};  // of the release, for cmdline.txt; "" for none
};

// A partition in bytes.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const Extent&) const = default;
};

struct TablePartition {
  int index = 0;
  std::string name;
  disk::Guid type;
  disk::Guid id;
  Extent extent;
  bool operator==(const TablePartition&) const = default;
};

struct WriteTable {
  static constexpr std::string_view kName = "write-table";
  disk::Guid disk_id;
  std::uint64_t disk_size = 0;
  std::uint32_t sector_size = 512;
  std::vector<TablePartition> partitions;
  bool operator==(const WriteTable&) const = default;
  std::string Describe() const;
};

// A file whose content is made here.
struct TextFile {
  std::string path;
  std::string text;
  bool operator==(const TextFile&) const = default;
};

struct WriteFat {
  static constexpr std::string_view kName = "write-fat";
  std::string partition;
  Extent extent;
  std::uint32_t sector_size = 512;
  std::uint32_t serial = 0;
  std::int64_t time = 0;
  std::string source;  // the boot input, or "" for none
  std::uint64_t source_files = 0;
  std::uint64_t source_bytes = 0;
  std::vector<TextFile> texts;  // each takes the place of a file of that name in the source
  bool operator==(const WriteFat&) const = default;
  std::string Describe() const;
};

struct WriteRoot {
  static constexpr std::string_view kName = "write-root";
  std::vector<std::string> partitions;
  std::vector<Extent> extents;  // the same bytes in each
  std::string source;
  RootKind kind = RootKind::kExt4;
  std::uint64_t source_size = 0;
  std::int64_t time = 0;  // the rest is for roots that are built
  disk::Guid uuid;
  disk::Guid hash_seed;
  bool operator==(const WriteRoot&) const = default;
  std::string Describe() const;
};

// Nothing but zeros. Where something of an earlier life could be found they are written out: what
// writes images to cards skips holes, and would leave an old and finished file system in place.
struct LeaveUnformatted {
  static constexpr std::string_view kName = "leave-unformatted";
  std::string partition;
  Extent extent;
  bool operator==(const LeaveUnformatted&) const = default;
  std::string Describe() const;
};

using Action = std::variant<WriteTable, WriteFat, WriteRoot, LeaveUnformatted>;
using ImagePlan = plan::Plan<Action>;

// An error names everything that does not fit, and what to do about it.
Result<ImagePlan> PlanImage(const layout::Layout& layout, const ImageFacts& facts,
                            const ImageRequest& request);

struct RootRequest {
  std::string out;
  std::uint64_t size = 0;
};
// The root artifact alone; its bytes are those that PlanImage's WriteRoot puts in a slot of `size`.
Result<WriteRoot> PlanRoot(const RootFacts& root, std::int64_t time, const RootRequest& request);

// The boot artifact of a bundle: a FAT of the slots' size. Its cmdline.txt has the common words
// only; the slot hook of the bundle puts the slot's own in front.
Result<WriteFat> PlanBoot(const layout::Layout& layout, const BootFacts& boot, std::int64_t time,
                          const ImageRequest& request);

}  // namespace bf::provision::image
