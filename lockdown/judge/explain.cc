// SPDX-License-Identifier: Apache-2.0
#include "lockdown/judge/explain.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lockdown/input/key_names.h"
#include "lockdown/judge/text.h"

namespace bf::lockdown {
namespace {

using Json = nlohmann::ordered_json;

bool CanSend(const device::InputNode& input, unsigned key) {
  input::Capabilities bits;
  const auto ev = input::ParseBitmap(input.capabilities.ev, 1);
  const auto keys = input::ParseBitmap(input.capabilities.key);
  if (!ev || !keys) return true;  // what cannot be read may be anything
  bits.ev = *ev;
  bits.key = *keys;
  return input::HasKey(bits, key);
}

// The first gate on the way of this node's events that is shut, or null.
const Decision* FirstShut(const device::Device& device, const device::InputNode& input,
                          const std::vector<Decision>& decisions) {
  const auto* hid = HidParent(device, input.path);
  for (const Decision& decision : decisions) {
    const bool on_the_way = decision.subject == InterfaceName(input.path) ||
                            decision.subject == input.name ||
                            (hid != nullptr && decision.subject == hid->name);
    if (on_the_way && !decision.allowed()) return &decision;
  }
  return nullptr;
}

KeyAnswer AskKey(const Policy& policy, const device::Device& device, const device::InputNode& input,
                 const std::vector<Decision>& decisions, unsigned key) {
  KeyAnswer answer{input.name, CanSend(input, key), false, ""};
  const std::string name = input::KeyName(key);
  if (!answer.has_key) {
    answer.why = fmt::format("this node has no {}", name);
    return answer;
  }
  if (const Decision* shut = FirstShut(device, input, decisions)) {
    answer.why =
        fmt::format("{} stops at the {} gate: {}", name, ToString(shut->gate), shut->explanation);
    return answer;
  }
  const auto own = std::find_if(decisions.begin(), decisions.end(), [&](const Decision& decision) {
    return decision.gate == Gate::kInput && decision.subject == input.name;
  });
  if (own == decisions.end()) return answer;
  const Allow* entry = policy.Find(own->entry);
  const Filter* filter = own->filtered && entry != nullptr ? policy.FilterOf(*entry) : nullptr;
  if (filter != nullptr) {
    const auto kept = std::find_if(filter->keys.begin(), filter->keys.end(),
                                   [&](const auto& one) { return one.value == key; });
    answer.passes = kept != filter->keys.end();
    answer.why = answer.passes
                     ? fmt::format("{} passes the filter at {}", name, kept->at.ToString())
                     : fmt::format("{} is not in the filter at {}", name, filter->at.ToString());
    return answer;
  }
  answer.passes = true;
  answer.why = fmt::format("{} passes: \"{}\" at {}", name, own->entry, own->because.ToString());
  return answer;
}

}  // namespace

std::string Title(const device::Device& device) {
  if (device.usb)
    return fmt::format("{} {:04x}:{:04x} {}", device.usb->name, device.usb->vendor,
                       device.usb->product, Shown(device.usb->product_name));
  if (!device.hid.empty())
    return fmt::format("{} {:04x}:{:04x} {}", device.hid.front().name, device.hid.front().vendor,
                       device.hid.front().product, Shown(device.hid.front().device_name));
  if (!device.input.empty())
    return fmt::format("{} {}", device.input.front().name, Shown(device.input.front().device_name));
  return "nothing";
}

std::vector<Explanation> Explain(const Policy& policy, const Situation& situation,
                                 const std::vector<device::Device>& devices,
                                 std::optional<unsigned> key) {
  std::vector<Explanation> explanations;
  for (const device::Device& device : devices) {
    Explanation one{Title(device), JudgeAll(policy, situation, device), {}};
    if (key) {
      for (const auto& input : device.input)
        one.keys.push_back(AskKey(policy, device, input, one.decisions, *key));
    }
    explanations.push_back(std::move(one));
  }
  return explanations;
}

std::string ExplanationToText(const std::vector<Explanation>& explanations) {
  std::string text;
  for (const Explanation& one : explanations) {
    text += one.device + "\n";
    for (const Decision& decision : one.decisions) {
      text += fmt::format("  {:<5}  {:<5}  {}: {}", ToString(decision.gate),
                          ToString(decision.verdict), decision.subject, decision.explanation);
      if (!decision.entry.empty())
        text += fmt::format("  (\"{}\" at {})", decision.entry, decision.because.ToString());
      else if (decision.because)
        text += fmt::format("  ({})", decision.because.ToString());
      text += decision.filtered ? ", filtered\n" : "\n";
    }
    for (const KeyAnswer& key : one.keys)
      text += fmt::format("  key    {:<5}  {}: {}\n", key.passes ? "allow" : "deny", key.input,
                          key.why);
  }
  return text;
}

Json DecisionToJson(const Decision& decision) {
  return {{"gate", ToString(decision.gate)},
          {"verdict", ToString(decision.verdict)},
          {"subject", decision.subject},
          {"entry", decision.entry},
          {"because", decision.because.ToString()},
          {"explanation", decision.explanation},
          {"filtered", decision.filtered},
          {"group", decision.group}};
}

Json ExplanationToJson(const std::vector<Explanation>& explanations) {
  Json json = {{"schema", 1}, {"devices", Json::array()}};
  for (const Explanation& one : explanations) {
    Json device = {{"device", one.device}, {"decisions", Json::array()}};
    for (const Decision& decision : one.decisions)
      device["decisions"].push_back(DecisionToJson(decision));
    if (!one.keys.empty()) device["keys"] = Json::array();
    for (const KeyAnswer& key : one.keys)
      device["keys"].push_back({{"input", key.input},
                                {"has_key", key.has_key},
                                {"passes", key.passes},
                                {"why", key.why}});
    json["devices"].push_back(std::move(device));
  }
  return json;
}

}  // namespace bf::lockdown
