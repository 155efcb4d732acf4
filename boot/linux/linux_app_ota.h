// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace bf::boot {

// The first file below ROOT that gives the kiosk BF_ENABLE_APP_OTA=1, the one thing that lets the
// old single-binary updater run: environment files of the kiosk, and its units.
std::optional<std::string> FindAppOta(const std::string& root);

}  // namespace bf::boot
