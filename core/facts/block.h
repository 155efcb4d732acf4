// SPDX-License-Identifier: Apache-2.0
// Disks and their partitions as sysfs shows them, and the disk the running root is on. Reads only
// files below ROOT, so a recorded tree does as well as a machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::facts {

struct DeviceNumber {
  unsigned major = 0;
  unsigned minor = 0;
  bool operator==(const DeviceNumber&) const = default;
  std::string ToString() const;  // "259:3", as in /sys/dev/block
};

struct Partition {
  std::string device;  // kernel name, "mmcblk0p6"
  DeviceNumber number;
  int index = 0;            // partition number in the table
  std::string name;         // GPT name (PARTNAME), or ""
  std::uint64_t start = 0;  // bytes
  std::uint64_t size = 0;   // bytes
  bool read_only = false;

  bool operator==(const Partition&) const = default;
};

struct Disk {
  std::string device;  // kernel name, "mmcblk0"
  DeviceNumber number;
  std::uint64_t size = 0;           // bytes
  std::uint32_t sector_size = 512;  // logical
  bool read_only = false;
  bool removable = false;
  std::vector<Partition> partitions;  // by index

  bool operator==(const Disk&) const = default;
};

// All disks that have a size, in the order of their names. Partitions of dm devices are not
// partitions to the kernel and are not listed.
Result<std::vector<Disk>> ReadDisks(const std::string& root);

// The disk under the mount at "/", through device mapper if need be. nullopt: root is not on a
// disk (tmpfs, overlay, network). An error if dm leads to more than one disk.
Result<std::optional<Disk>> ReadRootDisk(const std::string& root);
// The same for a known device number, for instance of another mount.
Result<std::optional<Disk>> ReadDiskOf(const std::string& root, DeviceNumber number);
// Which partition of the root disk the root itself is, if it is one.
Result<std::optional<Partition>> ReadRootPartition(const std::string& root);

}  // namespace bf::facts
