// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_app_ota.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/host/file.h"

namespace bf::boot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 64 << 10;
constexpr std::string_view kSetting = "BF_ENABLE_APP_OTA=";

// As an environment file or Environment= of a unit has it: bare or in quotes.
bool Enables(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#' || line[first] == ';') continue;
    for (auto at = line.find(kSetting); at != std::string_view::npos;
         at = line.find(kSetting, at + 1)) {
      std::string_view value = line.substr(at + kSetting.size());
      if (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
      const auto after = value.substr(std::min<std::size_t>(1, value.size()));
      const bool ends = after.empty() || after.find_first_of("\"' \t\r") == 0;
      if (value.starts_with('1') && ends) return true;
    }
  }
  return false;
}

struct Place {
  const char* directory;
  const char* prefix;
  bool units;  // look into UNIT.d/ as well
};
constexpr Place kPlaces[] = {
    {"/etc/betterframe", "", false},
    {"/etc/default", "betterframe", false},
    {"/etc/systemd/system", "betterframe", true},
    {"/run/systemd/system", "betterframe", true},
    {"/usr/lib/systemd/system", "betterframe", true},
};

bool FileEnables(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  const auto text = host::ReadFile(path.string(), kMaxFile);
  return text && Enables(*text);
}

}  // namespace

std::optional<std::string> FindAppOta(const std::string& root) {
  const std::string environment = "/etc/environment";
  if (FileEnables(host::Under(root, environment))) return environment;
  for (const Place& place : kPlaces) {
    for (const fs::path path : host::Entries(host::Under(root, place.directory))) {
      const std::string name = path.filename().string();
      if (!name.starts_with(place.prefix)) continue;
      const std::string shown = fmt::format("{}/{}", place.directory, name);
      if (FileEnables(path)) return shown;
      if (!place.units || !name.ends_with(".d")) continue;
      for (const fs::path drop_in : host::Entries(path)) {
        if (FileEnables(drop_in)) return shown + "/" + drop_in.filename().string();
      }
    }
  }
  return std::nullopt;
}

}  // namespace bf::boot
