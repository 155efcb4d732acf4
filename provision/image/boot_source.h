// SPDX-License-Identifier: Apache-2.0
// The boot input, a directory or a FAT image, as files for the FAT builder.
#pragma once

#include <string>
#include <vector>

#include "core/disk/fat_builder.h"
#include "core/error/error.h"
#include "provision/image/facts.h"

namespace bf::provision::image {

// What ObserveBoot() found, readable. Each file is opened when it is copied.
Result<std::vector<disk::FatSource>> OpenBoot(const std::string& path);

}  // namespace bf::provision::image
