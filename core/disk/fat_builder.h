// SPDX-License-Identifier: Apache-2.0
// A new FAT file system around given files: every file in one run of clusters, the same bytes for
// the same input, written as a stream. Planned first, so that what does not fit is an error before
// anything is written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/disk/fat.h"
#include "core/error/error.h"

namespace bf::disk {

// Takes bytes for `offset` of the volume. What is never written is zero.
using WriteDisk = std::function<Status(std::uint64_t offset, std::span<const std::byte> data)>;

struct FatSource {
  std::string path;  // "overlays/disable-bt.dtbo"; missing directories are made
  bool directory = false;
  std::uint64_t size = 0;
  // Writes the file's `size` bytes, in any pieces, at offsets from the start of the file.
  std::function<Status(const WriteDisk&)> copy;

  static FatSource OfText(std::string path, std::string text);
};

struct FatOptions {
  std::uint64_t size = 0;  // of the volume, bytes
  std::uint32_t sector_size = 512;
  std::uint64_t hidden_sectors = 0;  // before the volume on its disk
  std::uint32_t serial = 0;
  std::string label;      // at most 11 characters, upper case
  std::int64_t time = 0;  // of everything in it, seconds since 1970, UTC
};

class FatBuilder {
 public:
  // Lays out `files`. Errors: a name FAT cannot have, the same name twice, too much for the size.
  static Result<FatBuilder> Plan(FatOptions options, std::vector<FatSource> files);
  FatBuilder(FatBuilder&&) noexcept;
  FatBuilder& operator=(FatBuilder&&) noexcept;
  ~FatBuilder();

  const FatGeometry& geometry() const;
  // Bytes of files and directories, in whole clusters.
  std::uint64_t UsedBytes() const;
  // Where a file's bytes begin on the volume; its cluster run is contiguous.
  Result<std::uint64_t> OffsetOf(const std::string& path) const;

  Status Write(const WriteDisk& write) const;

 private:
  struct State;
  explicit FatBuilder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bf::disk
