// SPDX-License-Identifier: Apache-2.0
// What the verbs print, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "audit/model/change.h"
#include "audit/set/policy_set.h"

namespace bf::audit {

struct Counts {
  std::size_t loosened = 0;
  std::size_t accepted = 0;  // of those
  std::size_t tightened = 0;
  std::size_t neutral = 0;
};
Counts Count(const std::vector<Change>& changes);

std::string DiffToText(const std::vector<Change>& changes, const PolicySet& after);
nlohmann::ordered_json DiffToJson(const std::vector<Change>& changes, const std::string& before,
                                  const std::string& after);
// Two spaces deep, a newline at the end; bytes that are not UTF-8 become U+FFFD.
std::string ToText(const nlohmann::ordered_json& json);

}  // namespace bf::audit
