// SPDX-License-Identifier: Apache-2.0
// Copies what the image has to BF_DATA, once, when a source is made.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::provision::state {

// The content of the directory `from` into the directory `to`: owners, modes, times, extended
// attributes, symlinks as symlinks. Devices, FIFOs, sockets and other mounts are left out and
// named in `left_out`. `shown` is the path of `from` for messages.
Status CopyTree(int from, int to, const std::string& shown, std::vector<std::string>& left_out);
// The content of one regular file.
Status CopyContent(int from, int to, const std::string& shown);
Status CopyAttributes(int from, int to, const std::string& shown);

}  // namespace bf::provision::state
