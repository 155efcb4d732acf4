// SPDX-License-Identifier: Apache-2.0
// Block devices by their kernel name: no udev links are needed, nor trusted.
#pragma once

#include <memory>

#include "core/disk/gpt.h"
#include "core/facts/block.h"
#include "core/host/fd.h"

namespace bf::provision::data {

// "vda6" → "/dev/vda6"; the kernel writes '/' in names as '!'.
std::string DevicePath(const std::string& root, const std::string& device);

class BlockDevice {
 public:
  // kDirect passes by the page cache, which the whole disk and its partitions do not share. Image
  // files on a file system without direct I/O are read through it. kWriteBuffered is exclusive as
  // well, and not durable before host::Sync: for many small writes.
  enum class Mode { kReadCached, kReadDirect, kWriteDirect, kWriteExclusive, kWriteBuffered };
  // The node must be the device of that number: /dev could hold anything. Without one, a writer's
  // must be what sysfs knows by that name.
  static Result<BlockDevice> Open(const std::string& root, const std::string& device,
                                  std::optional<facts::DeviceNumber> number, Mode mode);

  int fd() const { return fd_.get(); }
  Status Read(std::uint64_t offset, std::span<std::byte> data) const;
  // Offset and size must be multiples of the sector size. Durable when it returns.
  Status Write(std::uint64_t offset, std::span<const std::byte> data) const;
  Status Zero(std::uint64_t offset, std::uint64_t size) const;

 private:
  host::UniqueFd fd_;
  std::string path_;
  bool direct_ = false;
};

}  // namespace bf::provision::data
