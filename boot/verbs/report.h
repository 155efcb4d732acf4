// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "boot/model/judge.h"

namespace bf::boot {

nlohmann::ordered_json ToJson(const Facts& facts, const Judgement& judged);
std::string ToText(const Facts& facts, const Judgement& judged);

}  // namespace bf::boot
