// SPDX-License-Identifier: Apache-2.0
// What goes into an image, as it was found: the inputs' kinds and sizes, and what time it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/disk/ext4.h"
#include "core/error/error.h"

namespace bf::provision::image {

struct BootFile {
  std::string path;
  bool directory = false;
  std::uint64_t size = 0;
};

struct BootFacts {
  std::string path;
  bool fat_image = false;  // else a directory
  std::vector<BootFile> files;
};

enum class RootKind { kExt4, kTar, kDirectory };

struct RootFacts {
  std::string path;
  RootKind kind = RootKind::kExt4;
  std::uint64_t size = 0;   // bytes of the file; 0 for a directory
  disk::Ext4Super super;    // of an ext4 image
  std::string fingerprint;  // tells this input from others; the same input gives the same
};

struct ImageFacts {
  BootFacts boot;
  RootFacts root;
  std::int64_t time = 0;  // SOURCE_DATE_EPOCH, or now
  std::string identity;   // what UUIDs are derived from
};

// Seconds of SOURCE_DATE_EPOCH, if it is set; an error if it is no number.
Result<std::optional<std::int64_t>> SourceDateEpoch();

Result<BootFacts> ObserveBoot(const std::string& path);
Result<RootFacts> ObserveRoot(const std::string& path);
// Both, all problems in one error. Without SOURCE_DATE_EPOCH the identity is random.
Result<ImageFacts> ObserveImage(const std::string& boot, const std::string& root);

}  // namespace bf::provision::image
