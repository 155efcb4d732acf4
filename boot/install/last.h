// SPDX-License-Identifier: Apache-2.0
// How the last installation of this boot ended, for people: RAUC's word, and why we refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::boot::install {

struct LastInstall {
  std::string operation;  // RAUC's: "idle", "installing"; "" where it does not run
  std::string error;      // RAUC's; "" after one that went well, or before the first
  std::string refusal;    // of our check before it, in words; RAUC only tells that it failed
};

// Asks RAUC, if it runs: it is not started for this. What cannot be asked is empty.
LastInstall ReadLastInstall(const std::string& root);

// From `busctl --json=short get-property`: one line for each of Operation and LastError.
LastInstall ParseRauc(std::string_view properties);

// Kept in /run, so until the next boot; "" is what is kept of a bundle that was let through.
Status KeepRefusal(const std::string& root, const std::string& reason);

}  // namespace bf::boot::install
