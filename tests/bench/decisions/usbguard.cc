// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/decisions/usbguard.h"

#include <usbguard/Device.hpp>
#include <usbguard/DeviceManager.hpp>
#include <usbguard/DeviceManagerHooks.hpp>
#include <usbguard/MemoryRuleSet.hpp>
#include <usbguard/Rule.hpp>
#include <vector>

namespace bf::bench {
namespace {

// A device belongs to a manager; nothing here is asked of it.
// Its destructor is not virtual, and nobody deletes it through a base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
struct NoHooks final : usbguard::DeviceManagerHooks {
  void dmHookDeviceEvent(usbguard::DeviceManager::EventType /*event*/,
                         std::shared_ptr<usbguard::Device> /*device*/) override {}
  void dmHookDeviceException(const std::string& /*message*/) override {}
  std::uint32_t dmHookAssignID() override { return 1; }
};
#pragma GCC diagnostic pop

struct NoManager : usbguard::DeviceManager {
  using DeviceManager::DeviceManager;
  void setEnumerationOnlyMode(bool /*state*/) override {}
  void start() override {}
  void stop() override {}
  void scan() override {}
  void scan(const std::string& /*devpath*/) override {}
  std::shared_ptr<usbguard::Device> applyDevicePolicy(std::uint32_t /*id*/,
                                                      usbguard::Rule::Target /*target*/) override {
    return nullptr;
  }
};

struct ADevice : usbguard::Device {
  using Device::Device;
  bool isController() const override { return false; }
  std::string getSystemName() const override { return getPort(); }
};

}  // namespace

struct UsbguardRules::State {
  usbguard::MemoryRuleSet rules{nullptr};
  std::vector<std::shared_ptr<const usbguard::Rule>> devices;
  NoHooks hooks;
  NoManager manager{hooks};

  ADevice Make(const Plugged& plugged) {
    ADevice device(manager);
    device.setDeviceID(usbguard::USBDeviceID(plugged.vendor, plugged.product));
    device.setName(plugged.name);
    device.setSerial(plugged.serial);
    device.setPort(plugged.port);
    device.setConnectType("hotplug");
    device.setParentHash("none");
    device.refMutableInterfaceTypes().emplace_back("03:00:00");
    device.initializeHash();
    device.updateHash(plugged.descriptors.data(), plugged.descriptors.size());
    device.finalizeHash();
    return device;
  }
};

UsbguardRules::UsbguardRules() : state_(std::make_unique<State>()) {
  state_->rules.setDefaultTarget(usbguard::Rule::Target::Block);
}

UsbguardRules::~UsbguardRules() = default;

void UsbguardRules::AddRule(const std::string& rule) {
  state_->rules.appendRule(usbguard::Rule::fromString(rule));
}

void UsbguardRules::AddDevice(const std::string& device) {
  state_->devices.push_back(
      std::make_shared<const usbguard::Rule>(usbguard::Rule::fromString(device)));
}

bool UsbguardRules::Allows(std::size_t device) const {
  const auto rule = state_->rules.getFirstMatchingRule(state_->devices[device]);
  return rule->getTarget() == usbguard::Rule::Target::Allow;
}

bool UsbguardRules::AllowsPlugged(const Plugged& device) const {
  const auto rule = state_->Make(device).getDeviceRule(true, true, true);
  return state_->rules.getFirstMatchingRule(rule)->getTarget() == usbguard::Rule::Target::Allow;
}

std::string UsbguardRules::HashOf(const Plugged& device) const {
  return state_->Make(device).getHash();
}

}  // namespace bf::bench
