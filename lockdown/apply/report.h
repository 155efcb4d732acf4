// SPDX-License-Identifier: Apache-2.0
// What the verbs print.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/facts/stage.h"
#include "lockdown/apply/apply.h"
#include "lockdown/apply/decide.h"

namespace bf::lockdown {

using Json = nlohmann::ordered_json;

facts::StageResult StageOf(const Applied& applied, const std::vector<Decision>& decisions);

std::string DevicesToText(const Policy& policy, const Situation& situation,
                          const std::vector<device::Device>& devices);
Json DevicesToJson(const Policy& policy, const Situation& situation,
                   const std::vector<device::Device>& devices);

// [{"device": "1-1 222a:0001 …", "decision": {…}}]
Json LockOutsToJson(const std::vector<LockOut>& found);

// The [[allow]] entries of what could bring input, ready to paste; where there can be none, why.
std::string EntriesFor(const std::vector<device::Device>& devices);

// "deny usb 1-1:1.0 0627:0001: no entry names … (policies/input.toml:3:1)"; printable ASCII.
std::string AuditLine(const Decision& decision, const std::string& ids, std::string_view path);

}  // namespace bf::lockdown
