// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/decisions/usbguard.h"

#include <istream>
#include <streambuf>
#include <usbguard/Device.hpp>
#include <usbguard/DeviceManager.hpp>
#include <usbguard/DeviceManagerHooks.hpp>
#include <usbguard/MemoryRuleSet.hpp>
#include <usbguard/Rule.hpp>
#include <usbguard/USB.hpp>
#include <vector>

namespace bf::bench {
namespace {

// Its classes have virtual functions and no virtual destructor; nobody deletes one through a base.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

// A device belongs to a manager; nothing here is asked of it.
struct NoHooks final : usbguard::DeviceManagerHooks {
  void dmHookDeviceEvent(usbguard::DeviceManager::EventType /*event*/,
                         std::shared_ptr<usbguard::Device> /*device*/) override {}
  void dmHookDeviceException(const std::string& /*message*/) override {}
  std::uint32_t dmHookAssignID() override { return 1; }
};

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

// Reads bytes where they are: its parser takes a stream, and this is the cheapest there is. (Its
// daemon has one that reads a file through a buffer of its own.)
class InPlace final : public std::streambuf {
 public:
  explicit InPlace(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());  // a get area is never written to
    setg(begin, begin, begin + bytes.size());
  }
};

// The device of its daemon (UEventDevice, which is not in its headers) without the reading of
// files: its parser walks the descriptors, each is hashed, and those that it knows are loaded.
struct ADevice final : usbguard::Device, usbguard::USBDescriptorParserHooks {
  using Device::Device;

  void Read(std::string_view descriptors) {
    InPlace bytes(descriptors);
    std::istream stream(&bytes);
    initializeHash();
    usbguard::USBDescriptorParser parser(*this);
    parser.parse(stream);
    finalizeHash();
  }

  bool isController() const override { return false; }
  std::string getSystemName() const override { return getPort(); }

  void parseUSBDescriptor(usbguard::USBDescriptorParser* parser, const usbguard::USBDescriptor* raw,
                          usbguard::USBDescriptor* parsed) override {
    USBDescriptorParserHooks::parseUSBDescriptor(parser, raw, parsed);
    updateHash(raw, raw->bHeader.bLength);
  }
  void loadUSBDescriptor(usbguard::USBDescriptorParser* parser,
                         const usbguard::USBDescriptor* descriptor) override {
    switch (descriptor->bHeader.bDescriptorType) {
      case usbguard::USB_DESCRIPTOR_TYPE_DEVICE:
        return loadDeviceDescriptor(parser, descriptor);
      case usbguard::USB_DESCRIPTOR_TYPE_CONFIGURATION:
        return loadConfigurationDescriptor(parser, descriptor);
      case usbguard::USB_DESCRIPTOR_TYPE_INTERFACE:
        return loadInterfaceDescriptor(parser, descriptor);
      case usbguard::USB_DESCRIPTOR_TYPE_ENDPOINT:
        return loadEndpointDescriptor(parser, descriptor);
      default:
        return;
    }
  }
};

#pragma GCC diagnostic pop

}  // namespace

struct UsbguardRules::State {
  usbguard::MemoryRuleSet rules{nullptr};
  std::vector<std::shared_ptr<const usbguard::Rule>> devices;
  NoHooks hooks;
  NoManager manager{hooks};

  // Shared, as a manager holds it.
  std::shared_ptr<ADevice> Make(const Plugged& plugged) {
    auto made = std::make_shared<ADevice>(manager);
    ADevice& device = *made;
    device.setDeviceID(usbguard::USBDeviceID(plugged.vendor, plugged.product));
    device.setName(plugged.name);
    device.setSerial(plugged.serial);
    device.setPort(plugged.port);
    device.setConnectType("hotplug");
    device.setParentHash("none");
    device.Read(plugged.descriptors);
    return made;
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
  const auto rule = state_->Make(device)->getDeviceRule(true, true, true);
  return state_->rules.getFirstMatchingRule(rule)->getTarget() == usbguard::Rule::Target::Allow;
}

std::string UsbguardRules::HashOf(const Plugged& device) const {
  return state_->Make(device)->getHash();
}

}  // namespace bf::bench
