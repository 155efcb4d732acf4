// SPDX-License-Identifier: Apache-2.0
// The kiosk's marker, and waiting for it without polling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::boot::confirm {

inline constexpr std::string_view kMarkerName = "kiosk-healthy";
inline constexpr std::string_view kConfirmedName = "rauc-confirmed";

// CLOCK_BOOTTIME in milliseconds: goes on in suspend, and no one can set it.
std::int64_t Uptime();

class MarkerWatch {
 public:
  // Watches ROOT/run/betterframe, which is made if need be.
  static Result<MarkerWatch> Open(const std::string& root);

  // Since when the marker is there without having been gone in between; a regular file only.
  std::optional<std::int64_t> Since();
  // Until something happened to the marker, or that time; nullopt waits for the marker alone.
  Status Wait(std::optional<std::int64_t> until);

 private:
  MarkerWatch(std::string directory, host::UniqueFd fd)
      : directory_(std::move(directory)), fd_(std::move(fd)) {}
  Status Drain();

  std::string directory_;
  host::UniqueFd fd_;
  std::optional<std::int64_t> since_;
};

}  // namespace bf::boot::confirm
