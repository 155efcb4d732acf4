// SPDX-License-Identifier: Apache-2.0
// `bf-lockdown explain`: which gate stops a device, or which line lets it through; and the same of
// one key.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lockdown/judge/judge.h"

namespace bf::lockdown {

struct KeyAnswer {
  std::string input;  // "input7"
  bool has_key = false;
  bool passes = false;
  std::string why;
};

struct Explanation {
  std::string device;  // "1-1 0eef:0001 "name"", one line
  std::vector<Decision> decisions;
  std::vector<KeyAnswer> keys;  // one for each input node, if a key was asked about
};

// "1-1 0eef:0001 "Touch Panel"": where, which, and what it calls itself.
std::string Title(const device::Device& device);

std::vector<Explanation> Explain(const Policy& policy, const Situation& situation,
                                 const std::vector<device::Device>& devices,
                                 std::optional<unsigned> key);
std::string ExplanationToText(const std::vector<Explanation>& explanations);
nlohmann::ordered_json ExplanationToJson(const std::vector<Explanation>& explanations);
nlohmann::ordered_json DecisionToJson(const Decision& decision);

}  // namespace bf::lockdown
