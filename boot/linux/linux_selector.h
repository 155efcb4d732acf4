// SPDX-License-Identifier: Apache-2.0
// autoboot.txt on the selector partition: found by reading the FAT, changed by one sector write in
// place. The file system is never mounted: mounting it read-write alone would write to it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "boot/model/facts.h"
#include "core/disk/fat.h"
#include "core/error/error.h"
#include "core/facts/block.h"

namespace bf::boot {

// Where the bytes are: a partition of a disk, or a range of an image file.
class Volume {
 public:
  virtual ~Volume() = default;
  virtual std::uint64_t Size() const = 0;
  virtual std::uint32_t SectorSize() const = 0;
  // What the medium has, not what a cache has.
  virtual Status Read(std::uint64_t offset, std::span<std::byte> data) const = 0;
  // Whole sectors; durable when it returns.
  virtual Status Write(std::uint64_t offset, std::span<const std::byte> data) = 0;
};

std::unique_ptr<Volume> PartitionVolume(std::string root, const facts::Disk& disk,
                                        const facts::Partition& partition);
std::unique_ptr<Volume> ImageVolume(std::string path, std::uint64_t offset, std::uint64_t size,
                                    std::uint32_t sector_size);

SelectorFacts ObserveSelector(const Volume& volume);
// The file becomes MakeAutoboot(committed, trial), read back. Refused unless it is exactly one
// sector's worth in one cluster now. No write at all if it is the same already.
Status WriteSelector(Volume& volume, int committed, int trial);

}  // namespace bf::boot
