// SPDX-License-Identifier: Apache-2.0
// A superblock is two sectors, and its checksum lies in the second. A medium that loses power
// between them leaves the fields of one write with the checksum of another: nothing is damaged but
// the checksum. Told apart here from a superblock that is damaged.
#pragma once

#include <cstddef>
#include <span>

namespace bf::disk {

// Whether `primary`, whose checksum fails, is what a power cut leaves of a write of the kernel's.
// Both are 1024 bytes; `backup` is a sound backup of the same file system. All of this holds:
//  - they differ only in fields that the kernel rewrites in a mounted file system (struct
//    ext4_super_block in Linux fs/ext4/ext4.h): counts, times, states, recorded errors, and, as far
//    as they agree with each other, the sizes that growing changes;
//  - it is not one flipped byte: that is what a failing medium does, and no write of the kernel's
//    changes a single byte (the CRC names the byte, wherever it is).
bool IsTornExt4Write(std::span<const std::byte> primary, std::span<const std::byte> backup);

}  // namespace bf::disk
