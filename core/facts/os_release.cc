// SPDX-License-Identifier: Apache-2.0
#include "core/facts/os_release.h"

#include <algorithm>

#include "core/host/file.h"

namespace bf::facts {
namespace {

// Values are quoted as for a shell, without expansions.
std::string Unquote(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t'))
    text.remove_suffix(1);
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text[0];
  if (quoted) text = text.substr(1, text.size() - 2);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

}  // namespace

OsRelease ParseOsRelease(std::string_view text) {
  OsRelease release;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "PRETTY_NAME") release.pretty_name = Unquote(value);
    if (key == "IMAGE_ID") release.image_id = Unquote(value);
    if (key == "IMAGE_VERSION") release.image_version = Unquote(value);
    if (key == "BUILD_ID") release.build_id = Unquote(value);
  }
  return release;
}

std::optional<OsRelease> ReadOsRelease(const std::string& root) {
  const auto text = host::ReadFile(host::Under(root, "/usr/lib/os-release"));
  if (!text) return std::nullopt;
  return ParseOsRelease(*text);
}

}  // namespace bf::facts
