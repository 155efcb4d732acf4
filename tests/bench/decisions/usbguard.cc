// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/decisions/usbguard.h"

#include <usbguard/MemoryRuleSet.hpp>
#include <usbguard/Rule.hpp>

namespace bf::bench {

struct UsbguardRules::State {
  usbguard::MemoryRuleSet rules{nullptr};
  std::vector<std::shared_ptr<const usbguard::Rule>> devices;
};

UsbguardRules::UsbguardRules(const std::vector<std::string>& rules)
    : state_(std::make_unique<State>()) {
  state_->rules.setDefaultTarget(usbguard::Rule::Target::Block);
  for (const std::string& rule : rules) state_->rules.appendRule(usbguard::Rule::fromString(rule));
}

UsbguardRules::~UsbguardRules() = default;

void UsbguardRules::AddDevice(const std::string& device) {
  state_->devices.push_back(
      std::make_shared<const usbguard::Rule>(usbguard::Rule::fromString(device)));
}

bool UsbguardRules::Allows(std::size_t device) const {
  const auto rule = state_->rules.getFirstMatchingRule(state_->devices[device]);
  return rule->getTarget() == usbguard::Rule::Target::Allow;
}

}  // namespace bf::bench
