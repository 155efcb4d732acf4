// SPDX-License-Identifier: Apache-2.0
// POSIX ACLs in the form of the system.posix_acl_* attributes (linux/posix_acl_xattr.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bf::provision::image {

// In the order the kernel wants them.
enum class AclTag : std::uint16_t {
  kUserObj = 0x01,
  kUser = 0x02,
  kGroupObj = 0x04,
  kGroup = 0x08,
  kMask = 0x10,
  kOther = 0x20,
};

struct AclEntry {
  AclTag tag = AclTag::kUserObj;
  unsigned permissions = 0;
  std::uint32_t id = 0;  // of kUser and kGroup
};
using PosixAcl = std::vector<AclEntry>;

std::string SerialiseAcl(PosixAcl acl);

}  // namespace bf::provision::image
