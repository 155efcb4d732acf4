// SPDX-License-Identifier: Apache-2.0
// Which release a root is: os-release(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bf::facts {

// Fields that are not there are empty.
struct OsRelease {
  std::string pretty_name;
  std::string image_id;
  std::string image_version;
  std::string build_id;

  bool operator==(const OsRelease&) const = default;
};

// Other lines do not matter, nor do damaged ones.
OsRelease ParseOsRelease(std::string_view text);

// ROOT/usr/lib/os-release, not /etc's: /etc may be an overlay. nullopt: it cannot be read.
std::optional<OsRelease> ReadOsRelease(const std::string& root);

}  // namespace bf::facts
