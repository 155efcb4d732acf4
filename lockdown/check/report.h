// SPDX-License-Identifier: Apache-2.0
// The matrix for people and for programs. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lockdown/check/check.h"

namespace bf::lockdown::check {

// A table of at most 100 columns, then a line for each thing that drifts.
std::string ToTable(const std::vector<RowResult>& results);
nlohmann::ordered_json ToJson(const std::vector<RowResult>& results);
std::string ToText(const nlohmann::ordered_json& json);
// docs/escape-matrix.md, from its table on.
std::string RowsToMarkdown();

}  // namespace bf::lockdown::check
