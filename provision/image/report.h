// SPDX-License-Identifier: Apache-2.0
// What `image`, `rootfs` and `bootfs` say on stdout and, while they work, on a terminal.
#pragma once

#include <ostream>
#include <string>

#include "provision/image/output.h"
#include "provision/image/plan.h"

namespace bf::provision::image {

struct Made {
  std::string out;
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;
};

std::string TextReport(const ImagePlan& plan, const Made& made);
std::string JsonReport(const ImagePlan& plan, const Made& made);
std::string JsonReport(const WriteRoot& root, const Made& made);
std::string JsonReport(const WriteFat& boot, const Made& made);

// A bar on a terminal, nothing elsewhere. Redraws at most ten times a second.
Progress::Show ProgressBar(std::ostream& err, bool is_terminal);

}  // namespace bf::provision::image
