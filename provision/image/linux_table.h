// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "provision/image/plan.h"

namespace bf::provision::image {

// Writes the partition table into the file at `path` with libfdisk.
Status WritePartitionTable(const std::string& path, const WriteTable& table);

}  // namespace bf::provision::image
