// SPDX-License-Identifier: Apache-2.0
// FAT12, FAT16 and FAT32, read without mounting: what is there, and on which bytes of the volume
// each file lies. Bounded on any input: chains that loop or leave the volume, directories that
// contain themselves, sizes that promise more than there is, all end in an error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/disk/gpt.h"
#include "core/error/error.h"

namespace bf::disk {

struct FatGeometry {
  int bits = 16;  // 12, 16 or 32
  std::uint32_t sector_size = 512;
  std::uint32_t cluster_size = 512;  // bytes
  std::uint32_t cluster_count = 0;   // data clusters; their numbers start at 2
  std::uint64_t size = 0;            // bytes of the volume
  std::uint64_t fat_offset = 0;      // of the first table
  std::uint64_t fat_size = 0;        // bytes of one table
  std::uint32_t fat_count = 2;
  std::uint64_t root_offset = 0;  // FAT12/16: the fixed root directory
  std::uint32_t root_entries = 0;
  std::uint32_t root_cluster = 0;  // FAT32
  std::uint64_t data_offset = 0;   // of cluster 2
  std::uint32_t serial = 0;
  std::string label;

  std::uint64_t ClusterOffset(std::uint32_t cluster) const {
    return data_offset + std::uint64_t{cluster - 2} * cluster_size;
  }
};

struct FatEntry {
  std::string name;  // the long name where there is one; UTF-8
  bool directory = false;
  bool read_only = false;
  std::uint32_t size = 0;
  std::uint32_t first_cluster = 0;
  std::uint64_t entry_offset = 0;  // of the 32-byte directory entry on the volume
};

struct FatFile {
  std::string path;  // "overlays/disable-bt.dtbo"
  FatEntry entry;
};

// Bytes of a file on the volume.
struct FatExtent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const FatExtent&) const = default;
};

class FatReader {
 public:
  // `size` is what there is to read: a volume that claims more is truncated, and an error.
  static Result<FatReader> Open(ReadDisk read, std::uint64_t size);
  FatReader(FatReader&&) noexcept;
  FatReader& operator=(FatReader&&) noexcept;
  ~FatReader();

  const FatGeometry& geometry() const;

  // The directory at `path` ("" is the root), without volume label, "." and "..".
  Result<std::vector<FatEntry>> List(std::string_view path) const;
  // Names are compared without regard to ASCII case. kFailed with errno ENOENT if absent.
  Result<FatEntry> Find(std::string_view path) const;
  // Every file and directory below the root, a directory before what it holds.
  Result<std::vector<FatFile>> Walk() const;

  // Where the file's bytes are, in order; neighbours joined; in sum exactly its size.
  Result<std::vector<FatExtent>> Extents(const FatEntry& file) const;
  Result<std::string> ReadFile(std::string_view path, std::size_t limit = 1 << 20) const;

 private:
  struct State;
  explicit FatReader(std::unique_ptr<State> state);
  Result<std::vector<FatEntry>> ListDirectory(const FatEntry* directory) const;
  std::unique_ptr<State> state_;
};

}  // namespace bf::disk
