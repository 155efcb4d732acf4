// SPDX-License-Identifier: Apache-2.0
// Devices as JSON: what `bf-lockdown devices --json` prints, and what `explain` and `compile
// --recorded` read on another machine.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/error/error.h"
#include "lockdown/device/device.h"

namespace bf::lockdown::device {

using Json = nlohmann::ordered_json;

// Larger files are refused unread.
inline constexpr std::size_t kMaxRecordBytes = 4 << 20;

Json ToJson(const Device& device);
// {"schema": 1, "devices": […]}
Json ToJson(const std::vector<Device>& devices);
// Bytes that are not UTF-8 become U+FFFD: no entry of a policy can name them anyway.
std::string ToText(const Json& json);

// `file` is the name for messages. Keys that are not known are left alone: `devices --json` puts
// its decisions beside the facts.
Result<std::vector<Device>> ReadRecord(std::string_view text, const std::string& file);

}  // namespace bf::lockdown::device
