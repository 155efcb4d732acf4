// SPDX-License-Identifier: Apache-2.0
#include "provision/image/posix_acl.h"

#include <tuple>

namespace bf::provision::image {

std::string SerialiseAcl(PosixAcl acl) {
  std::sort(acl.begin(), acl.end(), [](const AclEntry& a, const AclEntry& b) {
    return std::tuple(a.tag, a.id) < std::tuple(b.tag, b.id);
  });
  std::string bytes;
  const auto put = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  };
  put(2, 4);  // version
  for (const AclEntry& entry : acl) {
    const bool named = entry.tag == AclTag::kUser || entry.tag == AclTag::kGroup;
    put(static_cast<std::uint16_t>(entry.tag), 2);
    put(entry.permissions, 2);
    put(named ? entry.id : 0xffffffff, 4);
  }
  return bytes;
}

}  // namespace bf::provision::image
