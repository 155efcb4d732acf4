// SPDX-License-Identifier: Apache-2.0
// Whether the images of a bundle fit into the slots. RAUC 1.8 finds out by writing until the device
// is full, when the other slot is lost already.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "boot/install/manifest.h"
#include "core/error/error.h"

namespace bf::boot::install {

// Bytes of the smaller slot of each class.
using SlotSizes = std::map<std::string, std::uint64_t, std::less<>>;

struct ImageSize {
  ManifestImage image;
  std::uint64_t bytes = 0;
};

// Of the slots that `bf-boot slots` made links to; a class whose slots cannot be asked is left out.
SlotSizes ReadSlotSizes(const std::string& root);
// Of the files in the bundle. A tar's size says nothing of what it unpacks to, so it is left out,
// and so is what is no file in the bundle: RAUC has its own words for that.
std::vector<ImageSize> ReadImageSizes(const Manifest& manifest, const std::string& bundle);

// An error of kind kRefused names each image that does not fit.
Status CheckRoom(const SlotSizes& slots, const std::vector<ImageSize>& images);

}  // namespace bf::boot::install
