// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/decisions.h"

#include <algorithm>

#include "lockdown/input/capabilities.h"

namespace bf::lockdown::check {
namespace {

// Words that do not parse make a device that could send anything.
std::optional<input::Capabilities> Parse(const device::Capabilities& words) {
  input::Capabilities parsed;
  for (std::size_t i = 0; i < input::kCapabilityFields.size(); ++i) {
    const auto& field = input::kCapabilityFields[i];
    const std::string& text = words.*device::kCapabilityFields[i].second;
    auto bits = input::ParseBitmap(text.empty() ? "0" : text, field.max_words);
    if (!bits) return std::nullopt;
    parsed.*field.bits = *bits;
  }
  return parsed;
}

bool SendsKeys(const device::InputNode& node, bool alt) {
  const auto capabilities = Parse(node.capabilities);
  if (!capabilities) return true;
  if (!alt) return input::VtKeyboardTakes(*capabilities);
  const auto powers = PowersOf(*capabilities);
  return std::find(powers.begin(), powers.end(), Power::kSwitchVt) != powers.end();
}

}  // namespace

Situation SituationOf(const Facts& facts) { return {.maintenance = facts.maintenance}; }

std::vector<JudgedInput> JudgeInputs(const Context& context) {
  std::vector<JudgedInput> judged;
  for (const auto& device : context.facts.devices.items) {
    const device::UsbDevice* usb = device.usb ? &*device.usb : nullptr;
    for (const auto& node : device.input)
      judged.push_back({&node, JudgeInput(context.policy, SituationOf(context.facts), usb,
                                          HidParent(device, node.path), node)});
  }
  return judged;
}

std::vector<std::string> ReleasedKeyboards(const Facts& facts, bool alt) {
  std::vector<std::string> names;
  for (const auto& device : facts.devices.items) {
    for (const auto& node : device.input)
      if (node.inhibited != true && SendsKeys(node, alt)) names.push_back(node.name);
  }
  return names;
}

}  // namespace bf::lockdown::check
