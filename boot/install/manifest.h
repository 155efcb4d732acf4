// SPDX-License-Identifier: Apache-2.0
// What we read of a bundle's manifest.raucm, a key file as GLib has them. RAUC has verified its
// signature and parsed it before; what is odd here is RAUC's to refuse.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bf::boot::install {

struct ManifestImage {
  std::string slot_class;  // "rootfs" of [image.rootfs], and of [image.rootfs.VARIANT]
  std::string filename;    // in the bundle
  bool operator==(const ManifestImage&) const = default;
};

struct Manifest {
  std::optional<std::string> version;  // of [update]
  std::vector<ManifestImage> images;
};

Manifest ReadManifest(std::string_view text);

}  // namespace bf::boot::install
