// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "boot/install/last.h"
#include "boot/model/judge.h"

namespace bf::boot {

nlohmann::ordered_json ToJson(const install::LastInstall& last);
nlohmann::ordered_json ToJson(const Facts& facts, const Judgement& judged);
std::string ToText(const Facts& facts, const Judgement& judged, const install::LastInstall& last);

}  // namespace bf::boot
