// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "provision/data/content.h"

namespace bf::provision::data {

// libblkid's superblock and partition table probers, bad checksums included. Nothing is nothing
// only if libblkid says so in so many words: every other answer is kUnsure.
Probe ProbeSignatures(int fd);

}  // namespace bf::provision::data
