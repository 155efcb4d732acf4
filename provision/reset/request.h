// SPDX-License-Identifier: Apache-2.0
// A factory reset is a file on BF_DATA: asked for on the running device, carried out at the next
// boot before anything uses BF_DATA, cleared once its effect was seen.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::provision::reset {

// Relative to BF_DATA; control/ is root's alone.
inline constexpr std::string_view kControl = "control";
inline constexpr std::string_view kRequest = "control/reset-request";
inline constexpr std::string_view kRecord = "control/last-reset";
// Which maintenance tokens were used (bf-lockdown): a reset must not make them good again.
inline constexpr std::string_view kUsedTokens = "control/maintenance-used";
// How far an update is (bf-boot): a device that is handed on still counts its trials.
inline constexpr std::string_view kBootRecord = "control/boot-record";

struct Request {
  std::string requested;  // UTC, "2026-11-23T00:10:05Z"
  bool operator==(const Request&) const = default;
};

std::string ToJson(const Request& request);
// A file that does not say that it is a request is none: nothing is deleted on a guess.
Result<Request> ParseRequest(std::string_view text);

struct Record {
  std::string requested;
  std::string finished;
  bool operator==(const Record&) const = default;
};
std::string ToJson(const Record& record);
Result<Record> ParseRecord(std::string_view text);

}  // namespace bf::provision::reset
