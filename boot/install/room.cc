// SPDX-License-Identifier: Apache-2.0
#include "boot/install/room.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "boot/slots/links.h"
#include "core/host/file.h"

namespace bf::boot::install {
namespace {

struct Class {
  std::string_view name;  // in system.conf
  std::array<std::string_view, 2> links;
};
constexpr Class kClasses[] = {{"rootfs", {"root-a", "root-b"}}, {"bootfs", {"boot-a", "boot-b"}}};

std::optional<std::uint64_t> SizeOf(const std::string& device) {
  const auto fd = host::Open(device, O_RDONLY);
  if (!fd) return std::nullopt;
  const off_t size = ::lseek(fd->get(), 0, SEEK_END);
  if (size <= 0) return std::nullopt;
  return static_cast<std::uint64_t>(size);
}

bool IsTar(std::string_view filename) {
  constexpr std::string_view kTars[] = {".tar",     ".tar.gz",  ".tgz",   ".tar.xz", ".txz",
                                        ".tar.zst", ".tar.bz2", ".catar", ".caidx"};
  return std::any_of(std::begin(kTars), std::end(kTars),
                     [&](std::string_view suffix) { return filename.ends_with(suffix); });
}

}  // namespace

SlotSizes ReadSlotSizes(const std::string& root) {
  SlotSizes sizes;
  for (const Class& slot_class : kClasses) {
    for (const std::string_view link : slot_class.links) {
      const auto size = SizeOf(host::Under(root, fmt::format("{}/{}", slots::kDirectory, link)));
      if (!size) continue;
      const auto [known, fresh] = sizes.emplace(slot_class.name, *size);
      if (!fresh) known->second = std::min(known->second, *size);
    }
  }
  return sizes;
}

std::vector<ImageSize> ReadImageSizes(const Manifest& manifest, const std::string& bundle) {
  std::vector<ImageSize> sizes;
  for (const ManifestImage& image : manifest.images) {
    struct stat info {};
    const std::string path = bundle + "/" + image.filename;
    if (IsTar(image.filename) || ::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
      continue;
    }
    sizes.push_back({image, static_cast<std::uint64_t>(info.st_size)});
  }
  return sizes;
}

Status CheckRoom(const SlotSizes& slots, const std::vector<ImageSize>& images) {
  std::string too_large;
  for (const ImageSize& image : images) {
    const auto slot = slots.find(image.image.slot_class);
    if (slot == slots.end() || image.bytes <= slot->second) continue;
    too_large += fmt::format("{}{} has {} bytes, and a {} slot of this device {}",
                             too_large.empty() ? "" : "; ", image.image.filename, image.bytes,
                             image.image.slot_class, slot->second);
  }
  if (too_large.empty()) return {};
  return FailKind(ErrorKind::kRefused, "the bundle does not fit: {}", too_large);
}

}  // namespace bf::boot::install
