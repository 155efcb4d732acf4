// SPDX-License-Identifier: Apache-2.0
#include "lockdown/judge/match.h"

#include <algorithm>

#include "core/hash/sha256.h"
#include "lockdown/device/hex.h"
#include "lockdown/judge/judge.h"
#include "lockdown/judge/text.h"
#include "lockdown/usb/descriptors.h"

namespace bf::lockdown {
namespace {

constexpr std::uint8_t kHidClass = 0x03;
constexpr std::uint8_t kHubClass = 0x09;

bool Lies(std::string_view path, std::string_view ancestor) {
  return !ancestor.empty() && path.starts_with(ancestor) && path.size() > ancestor.size() &&
         path[ancestor.size()] == '/';
}

bool PhysFits(const std::string& policy, std::string_view phys) {
  if (policy.empty()) return true;
  if (policy.starts_with('*')) return phys.ends_with(std::string_view(policy).substr(1));
  return phys == policy;
}

}  // namespace

std::string ReadCapabilities(const device::Capabilities& text, input::Capabilities& bits) {
  for (std::size_t i = 0; i < input::kCapabilityFields.size(); ++i) {
    const auto& field = input::kCapabilityFields[i];
    const std::string& words = text.*device::kCapabilityFields[i].second;
    if (words.empty()) continue;
    const auto read = input::ParseBitmap(words, field.max_words);
    if (!read) return fmt::format("its {} cannot be read: {}", field.attribute, Shown(words));
    bits.*field.bits = *read;
  }
  return {};
}

Candidate::Candidate(const device::UsbDevice* usb, const device::HidDevice* hid,
                     const device::InputNode* input)
    : usb_(usb), hid_(hid), input_(input) {
  const std::string& path = input != nullptr ? input->path : hid != nullptr ? hid->path : usb->path;
  bus_ = BusOf(path);
  if (!bus_) {
    problem_ = fmt::format("no bus of a policy has the path {}", Shown(path));
    return;
  }
  if (input != nullptr) problem_ = ReadCapabilities(input->capabilities, capabilities_.emplace());
  if (input != nullptr && hid != nullptr && !Lies(input->path, hid->path))
    problem_ = "it does not hang on that HID device";
  if (!problem_.empty() || *bus_ != Bus::kUsb) return;
  if (usb == nullptr || (path != usb->path && !Lies(path, usb->path))) {
    problem_ = "the USB device it hangs on is not known";
    return;
  }
  // A hub's path is a prefix, too, of everything behind it.
  if (path != usb->path && !InterfaceName(path).starts_with(usb->name + ":")) {
    problem_ = "it hangs on another USB device";
    return;
  }
}

// Once; whether there is no problem with them.
bool Candidate::ReadDescriptors() {
  if (descriptors_ || !problem_.empty()) return descriptors_.has_value();
  const auto* bytes = reinterpret_cast<const std::byte*>(usb_->descriptors.data());
  const auto read = usb::ParseDescriptors({bytes, usb_->descriptors.size()});
  if (!read) {
    problem_ = fmt::format("its descriptors cannot be read: {}", read.error().message);
    return false;
  }
  if (read->vendor != usb_->vendor || read->product != usb_->product ||
      read->version != usb_->version || read->configurations == 0) {
    problem_ = "its descriptors are not those of its ids, or have no configuration";
    return false;
  }
  descriptors_ = *read;
  return true;
}

bool Candidate::IsHub() {
  return bus_ == Bus::kUsb && interface_ != nullptr && interface_->code.base == kHubClass &&
         ReadDescriptors() && descriptors_->only_hubs && descriptors_->interfaces.size() == 1;
}

std::optional<std::size_t> Candidate::Position() const {
  if (!descriptors_) return std::nullopt;
  std::optional<unsigned> number;
  if (interface_ != nullptr) {
    number = interface_->number;
  } else {
    // The kernel writes the number after the last dot of the name in decimal.
    const std::string_view name = InterfaceName(input_ != nullptr ? input_->path : hid_->path);
    const auto dot = name.rfind('.');
    if (dot == name.npos || dot + 1 == name.size() || name.size() - dot > 4) return std::nullopt;
    number = 0;
    for (const char c : name.substr(dot + 1)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = *number * 10 + static_cast<unsigned>(c - '0');
    }
  }
  const auto& interfaces = descriptors_->interfaces;
  for (std::size_t i = 0; i < interfaces.size(); ++i) {
    if (interfaces[i].number == *number) return i;
  }
  return std::nullopt;
}

const std::string& Candidate::DescriptorsHash() {
  if (descriptors_hash_.empty()) descriptors_hash_ = hash::HashOf(usb_->descriptors);
  return descriptors_hash_;
}

const std::string& Candidate::ReportsHash() {
  if (reports_hash_.empty()) reports_hash_ = hash::HashOf(hid_->report_descriptor);
  return reports_hash_;
}

// The entry counts the HID interfaces that get a driver, in order.
const Located<std::string>* Candidate::WantedReports(const Allow& entry) const {
  std::size_t index = 0;
  if (*bus_ == Bus::kUsb) {
    const auto position = Position();
    if (!position) return nullptr;
    for (std::size_t i = 0; i < *position && i < entry.interfaces.size(); ++i) {
      const AllowInterface& before = entry.interfaces[i].value;
      index += before.bound && before.code.base == kHidClass ? 1 : 0;
    }
  }
  return index < entry.report_descriptors.size() ? &entry.report_descriptors[index] : nullptr;
}

Step Candidate::UsbDifference(const Allow& entry) {
  if (usb_->vendor != entry.vendor.value || usb_->product != entry.product.value) return Step::kIds;
  if (usb_->version != entry.version.value) return Step::kVersion;
  if (usb_->product_name != entry.device_name.value) return Step::kDeviceName;
  if (entry.serial && usb_->serial != entry.serial->value) return Step::kSerial;
  if (!entry.port.value.empty() && usb_->name != entry.port.value) return Step::kPort;
  if (!ReadDescriptors()) return Step::kInterfaces;
  const auto& interfaces = descriptors_->interfaces;
  const bool same = std::equal(
      interfaces.begin(), interfaces.end(), entry.interfaces.begin(), entry.interfaces.end(),
      [](const usb::Interface& has, const auto& one) { return has.code == one.value.code; });
  if (!same) return Step::kInterfaces;
  if (DescriptorsHash() != entry.descriptors.value) return Step::kDescriptors;
  const auto position = Position();
  if (!position || !entry.interfaces[*position].value.bound) return Step::kInterface;
  // Another configuration than the first, or another setting, shows here.
  if (interface_ != nullptr && interface_->code != interfaces[*position].code)
    return Step::kInterface;
  const bool is_hid = interfaces[*position].code.base == kHidClass;
  if (interface_ == nullptr && is_hid != (hid_ != nullptr)) return Step::kInterface;
  return Step::kNone;
}

Step Candidate::HidDifference(const Allow& entry) {
  if (hid_->vendor != entry.vendor.value || hid_->product != entry.product.value) return Step::kIds;
  if (*bus_ != Bus::kUsb) {
    if (!entry.has_hid()) return Step::kInterface;
    if (hid_->device_name != entry.device_name.value) return Step::kDeviceName;
  }
  if (!reports_) return Step::kNone;
  const auto* wanted = WantedReports(entry);
  if (wanted == nullptr || hid_->report_descriptor.empty() || ReportsHash() != wanted->value)
    return Step::kReports;
  return Step::kNone;
}

Step Candidate::InputDifference(const AllowInput& entry) const {
  if (input_->device_name != entry.name.value) return Step::kInputName;
  if (input_->id != entry.id.value) return Step::kInputId;
  if (!PhysFits(entry.phys.value, input_->phys)) return Step::kInputPhys;
  if (capabilities_ != entry.capabilities.value) return Step::kCapabilities;
  return Step::kNone;
}

const AllowInput* Candidate::Closest(const Allow& entry) const {
  const AllowInput* closest = nullptr;
  for (const AllowInput& one : entry.inputs) {
    if (closest == nullptr || InputDifference(one) > InputDifference(*closest)) closest = &one;
  }
  return closest;
}

Step Candidate::InputDifference(const Allow& entry) {
  const AllowInput* closest = Closest(entry);
  return closest == nullptr ? Step::kInputName : InputDifference(*closest);
}

Step Candidate::FirstDifference(const Allow& entry) {
  if (entry.bus.value != *bus_) return Step::kBus;
  if (*bus_ == Bus::kUsb) {
    if (const Step step = UsbDifference(entry); step != Step::kNone) return step;
  }
  if (hid_ != nullptr) {
    if (const Step step = HidDifference(entry); step != Step::kNone) return step;
  } else if (*bus_ != Bus::kUsb && entry.has_hid()) {
    return Step::kInterface;
  }
  return input_ == nullptr ? Step::kNone : InputDifference(entry);
}

std::string Candidate::Identity() const {
  if (usb_ != nullptr && bus_ == Bus::kUsb)
    return device::Hex16(usb_->vendor) + ":" + device::Hex16(usb_->product);
  if (hid_ != nullptr) return device::Hex16(hid_->vendor) + ":" + device::Hex16(hid_->product);
  return input_ != nullptr ? Shown(input_->device_name) : "";
}

std::string Candidate::InterfacesText() const {
  std::string text;
  if (descriptors_) {
    for (const auto& one : descriptors_->interfaces)
      text += (text.empty() ? "" : " ") + device::ToString(one.code);
  }
  return text.empty() ? "none" : text;
}

std::string Candidate::Explain(const Allow& entry, Step step) {
  const auto differ = [](std::string_view what, const std::string& policy,
                         const std::string& device) {
    return fmt::format("{}: policy {}, device {}", what, policy, device);
  };
  if (!problem_.empty()) return problem_;
  switch (step) {
    case Step::kBus:
      return differ("bus differs", std::string(ToString(entry.bus.value)),
                    std::string(ToString(*bus_)));
    case Step::kIds:
      return differ(
          "vendor and product differ",
          fmt::format("{:04x}:{:04x}", entry.vendor.value, entry.product.value),
          hid_ != nullptr ? fmt::format("{:04x}:{:04x}", hid_->vendor, hid_->product) : Identity());
    case Step::kVersion:
      return differ("version differs", device::Hex16(entry.version.value),
                    device::Hex16(usb_->version));
    case Step::kDeviceName:
      return differ("device_name differs", Shown(entry.device_name.value),
                    Shown(*bus_ == Bus::kUsb ? usb_->product_name : hid_->device_name));
    case Step::kSerial:
      return differ("serial differs", Shown(entry.serial->value), Shown(usb_->serial));
    case Step::kPort:
      return differ("port differs", entry.port.value, Shown(usb_->name));
    case Step::kInterfaces: {
      std::string policy;
      for (const auto& one : entry.interfaces)
        policy += (policy.empty() ? "" : " ") + device::ToString(one.value.code);
      return differ("interfaces differ", policy, InterfacesText());
    }
    case Step::kDescriptors:
      return Joined({"descriptors differ: policy sha256:", entry.descriptors.value,
                     ", device sha256:", DescriptorsHash()});
    case Step::kInterface:
      return "the device fits, but this part of it gets no driver by the policy";
    case Step::kReports: {
      const auto* wanted = WantedReports(entry);
      if (hid_->report_descriptor.empty())
        return "the report descriptor cannot be read: no driver is bound";
      return differ("report descriptors differ",
                    wanted == nullptr ? "none" : "sha256:" + wanted->value,
                    "sha256:" + ReportsHash());
    }
    case Step::kInputName: {
      const AllowInput* closest = Closest(entry);
      return differ("input name differs", closest == nullptr ? "none" : Shown(closest->name.value),
                    Shown(input_->device_name));
    }
    case Step::kInputId:
      return differ("input id differs", device::ToString(Closest(entry)->id.value),
                    device::ToString(input_->id));
    case Step::kInputPhys:
      return differ("phys differs", Shown(Closest(entry)->phys.value), Shown(input_->phys));
    case Step::kCapabilities: {
      const auto& wanted = Closest(entry)->capabilities.value;
      for (const auto& field : input::kCapabilityFields) {
        if (wanted.*field.bits == (*capabilities_).*field.bits) continue;
        return differ(fmt::format("capabilities {} differ", field.name),
                      input::ToString(wanted.*field.bits),
                      input::ToString((*capabilities_).*field.bits));
      }
      return "capabilities differ";
    }
    case Step::kMaintenance:
      return "only in a maintenance window, and none is open";
    case Step::kNone:
      return "";
  }
  return "";
}

}  // namespace bf::lockdown
