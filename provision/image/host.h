// SPDX-License-Identifier: Apache-2.0
// What applying an image plan can do. The real one writes a file; the one for tests remembers.
#pragma once

#include <memory>

#include "core/error/error.h"
#include "provision/image/plan.h"

namespace bf::provision::image {

class ImageHost {
 public:
  virtual ~ImageHost() = default;

  virtual Status Create(std::uint64_t size) = 0;
  virtual Status Write(const WriteTable& action) = 0;
  virtual Status Write(const WriteFat& action) = 0;
  virtual Status Write(const WriteRoot& action) = 0;
  virtual Status Write(const LeaveUnformatted& action) = 0;
  // Reads back what was laid out and compares.
  virtual Status Verify(const WriteTable& table) = 0;
  // Gives the result its name. Returns the bytes it takes on the disk.
  virtual Result<std::uint64_t> Commit() = 0;
};

// Carries out the plan; whatever fails, nothing is left behind.
Result<std::uint64_t> ApplyImage(const ImagePlan& plan, ImageHost& host);
Result<std::uint64_t> ApplyBoot(const WriteFat& action, ImageHost& host);
Result<std::uint64_t> ApplyRoot(const WriteRoot& action, ImageHost& host);

}  // namespace bf::provision::image
