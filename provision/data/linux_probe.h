// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "provision/data/host.h"

namespace bf::provision::data {

// Reads sysfs, procfs and the devices below ROOT, and changes nothing. On a device with nothing to
// do: both copies of the table, one block of the partition, and no libblkid.
class LinuxProbe : public DataProbe {
 public:
  LinuxProbe(std::string root, std::string mount_point)
      : root_(std::move(root)), mount_point_(std::move(mount_point)) {}
  DataFacts Observe() override;

 private:
  void ReadTable(DataFacts& facts) const;
  void ReadContent(DataFacts& facts) const;
  void ReadMount(DataFacts& facts) const;
  void ReadElsewhere(DataFacts& facts) const;

  std::string root_;
  std::string mount_point_;
};

}  // namespace bf::provision::data
