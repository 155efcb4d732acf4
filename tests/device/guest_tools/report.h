// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace bf::test_input {

using Json = nlohmann::json;
using Report = std::function<void(const Json&)>;

// Where `bf-test-input watch` takes what the other verbs report, so that all is in one order.
inline constexpr const char* kReportSocket = "/run/bf-test-input.socket";

// One line of text; bytes that are no UTF-8 are replaced.
std::string to_line(const Json& event);

// To the watching process, or standard output where none runs.
Report report_to_watch();

std::string to_hex(std::string_view bytes);
std::string from_hex(std::string_view text);

}  // namespace bf::test_input
