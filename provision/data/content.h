// SPDX-License-Identifier: Apache-2.0
// Looks at the bytes of a partition. The reads and the libblkid probe are handed in, so that the
// same code judges a block device, an image file and the memory of a test.
#pragma once

#include <functional>

#include "provision/data/facts.h"

namespace bf::provision::data {

struct Probe {
  Probed result = Probed::kNotAsked;
  std::string as;
};

struct Source {
  disk::ReadDisk read;            // from the start of the partition, also beyond its end
  std::uint64_t size = 0;         // of the partition
  std::uint64_t may_grow_to = 0;  // how far beyond its end backups are looked for
  std::function<Probe()> probe;   // libblkid, on the partition
};

// One read of 4 KiB when the primary is that of a finished BF_DATA.
Content Examine(const Source& source);

// The label write is one block, but a medium may tear it between two sectors: label of the one,
// checksum of the other. Nothing but that gives the other label's checksum.
bool IsTornLabel(std::span<const std::byte> super);

}  // namespace bf::provision::data
