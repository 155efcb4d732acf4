// SPDX-License-Identifier: Apache-2.0
// The boot file system of a slot: the artifact's files, and a cmdline.txt of the slot's own.
#pragma once

#include <string>
#include <vector>

#include "boot/hook/slot.h"
#include "core/disk/fat_builder.h"

namespace bf::boot::hook {

class BootFiles {
 public:
  BootFiles(disk::FatBuilder builder, std::vector<disk::FatSource> sources, std::uint64_t size)
      : builder_(std::move(builder)), sources_(std::move(sources)), size_(size) {}

  // The whole volume as far as it is used; what is never written is made zero first.
  Status Write(const disk::WriteDisk& write) const;
  // Every file by its name, byte for byte, and no other.
  Status Verify(const disk::ReadDisk& read) const;

 private:
  disk::FatBuilder builder_;
  std::vector<disk::FatSource> sources_;
  std::uint64_t size_;
};

// Nothing is written yet; what does not fit, or makes no command line, is an error here.
Result<BootFiles> OpenBootFiles(const Target& target, const std::string& image);

}  // namespace bf::boot::hook
