// SPDX-License-Identifier: Apache-2.0
#include "boot/install/manifest.h"

namespace bf::boot::install {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// "[image.rootfs.big]" → "rootfs"; "" for another section.
std::string_view SlotClass(std::string_view section) {
  constexpr std::string_view kImage = "[image.";
  if (!section.starts_with(kImage)) return {};
  section.remove_prefix(kImage.size());
  return section.substr(0, section.find_first_of(".]"));
}

}  // namespace

Manifest ReadManifest(std::string_view text) {
  Manifest manifest;
  std::string_view section;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.starts_with('[')) {
      section = line;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = Trimmed(line.substr(0, equals));
    const std::string value(Trimmed(line.substr(equals + 1)));
    if (value.empty()) continue;
    if (section == "[update]" && key == "version") manifest.version = value;
    const std::string slot_class(SlotClass(section));
    if (!slot_class.empty() && key == "filename") manifest.images.push_back({slot_class, value});
  }
  return manifest;
}

}  // namespace bf::boot::install
