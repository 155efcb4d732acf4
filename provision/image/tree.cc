// SPDX-License-Identifier: Apache-2.0
#include "provision/image/tree.h"

namespace bf::provision::image {

Result<std::string> NormalisePath(std::string_view path) {
  std::string clean;
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part == ".." || part.size() > 255 || part.find('\0') != std::string_view::npos) {
      return Fail("the path \"{}\" is not one to unpack", path);
    }
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

}  // namespace bf::provision::image
