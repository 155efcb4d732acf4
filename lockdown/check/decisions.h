// SPDX-License-Identifier: Apache-2.0
// What the judge says of the devices that are there, for rows that compare it with sysfs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lockdown/check/rows.h"
#include "lockdown/judge/judge.h"

namespace bf::lockdown::check {

// A node of input with its device and what the judge decided.
struct JudgedInput {
  const device::InputNode* node = nullptr;
  Decision decision;
};

Situation SituationOf(const Facts& facts);
std::vector<JudgedInput> JudgeInputs(const Context& context);
// Input nodes that are released, whoever released them, and that the virtual terminals take keys
// from; with `alt` only those that have an Alt key, without which no chord switches.
std::vector<std::string> ReleasedKeyboards(const Facts& facts, bool alt);

}  // namespace bf::lockdown::check
