// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "lockdown/device/hex.h"
#include "lockdown/input/key_names.h"
#include "lockdown/policy/read.h"

namespace bf::lockdown {
namespace {

// What an input node of this bus says of itself; nothing where the driver decides.
std::optional<std::uint16_t> InputBus(Bus bus) {
  switch (bus) {
    case Bus::kUsb:
      return 0x0003;
    case Bus::kBluetooth:
      return 0x0005;
    case Bus::kI2c:
      return 0x0018;
    case Bus::kSerio:
      return 0x0011;
    case Bus::kPlatform:
    case Bus::kRc:
    case Bus::kUinput:
    case Bus::kUhid:
      return std::nullopt;
  }
  return std::nullopt;
}

void CheckInputs(const Allow& entry, policy::Diagnostics& diagnostics) {
  const bool ids = entry.bus.value == Bus::kUsb || entry.has_hid();
  for (const AllowInput& input : entry.inputs) {
    const auto& id = input.id.value;
    const auto bus = InputBus(entry.bus.value);
    if (bus && id.bus != *bus && id.bus != 0)
      diagnostics.Add(
          input.id.at,
          "no gate could ever match: on bus \"{}\" the first part of an id is {}, not {}",
          ToString(entry.bus.value), device::Hex16(*bus), device::Hex16(id.bus));
    // Ids of 0 are ones that could not be read, and have been reported.
    const bool known = entry.vendor.value != 0 || entry.product.value != 0;
    if (ids && known && id != device::InputId{} &&
        (id.vendor != entry.vendor.value || id.product != entry.product.value))
      diagnostics.Add(input.id.at,
                      "no gate could ever match: the device is {}:{}, and this node {}:{}",
                      device::Hex16(entry.vendor.value), device::Hex16(entry.product.value),
                      device::Hex16(id.vendor), device::Hex16(id.product));
  }
  const bool brings_input =
      entry.bus.value != Bus::kUsb || entry.interfaces.empty() ||
      std::any_of(entry.interfaces.begin(), entry.interfaces.end(), [](const auto& one) {
        return one.value.bound && (one.value.code.base == 0x03 || one.value.code.base == 0xff);
      });
  if (entry.inputs.empty() && !entry.has_hid() && entry.bus.value != Bus::kUsb)
    diagnostics.Add(entry.at, "no [[allow.input]]: no gate could ever match");
  else if (entry.has_hid() && entry.inputs.empty())
    diagnostics.Add(
        entry.at, "its HID interfaces get a driver, but no [[allow.input]] lets an input node in");
  else if (!brings_input && !entry.inputs.empty())
    diagnostics.Add(entry.inputs.front().at,
                    "no gate could ever match: no interface that gets a driver (HID, or class ff) "
                    "makes input nodes");
}

void CheckConsole(const Policy& policy, const Allow& entry, policy::Diagnostics& diagnostics) {
  const auto need = [&](bool open, std::string_view key, const SourceRef& at) {
    if (!open)
      diagnostics.Add(entry.bus.at, "no gate could ever match: \"{}\" is off in [console]{}", key,
                      at ? fmt::format(" ({})", at.ToString()) : "");
  };
  const Console& console = policy.console;
  switch (entry.bus.value) {
    case Bus::kBluetooth:
      return need(console.bluetooth.value != Bluetooth::kOff, "bluetooth", console.bluetooth.at);
    case Bus::kSerio:
      return need(console.ps2.value, "ps2", console.ps2.at);
    case Bus::kRc:
      return need(console.remotes.value, "remotes", console.remotes.at);
    case Bus::kUinput:
      return need(console.uinput.value != Nodes::kOff, "uinput", console.uinput.at);
    case Bus::kUhid:
      return need(console.uhid.value != Nodes::kOff, "uhid", console.uhid.at);
    case Bus::kUsb:
    case Bus::kI2c:
    case Bus::kPlatform:
      return;
  }
}

void CheckPort(const Policy& policy, const Allow& entry, policy::Diagnostics& diagnostics) {
  const auto hubs = std::count(entry.port.value.begin(), entry.port.value.end(), '.');
  if (hubs > policy.usb.hubs.value)
    diagnostics.Add(entry.port.at,
                    "no gate could ever match: {} hub{} on the way to port {}, and [usb] allows {}",
                    hubs, hubs == 1 ? " is" : "s are", entry.port.value, policy.usb.hubs.value);
}

// Two entries with the same key can never be told apart.
std::string IdentityOf(const Allow& entry) {
  std::string key = fmt::format("{} {:04x} {:04x} {:04x} {} {}\n{}\n{}", ToString(entry.bus.value),
                                entry.vendor.value, entry.product.value, entry.version.value,
                                entry.port.value, entry.descriptors.value, entry.device_name.value,
                                entry.serial ? entry.serial->value : "");
  for (const auto& hash : entry.report_descriptors) key += hash.value;
  for (const AllowInput& input : entry.inputs) {
    key += fmt::format("\n{} {} {}", device::ToString(input.id.value), input.name.value,
                       input.phys.value);
    for (const auto& field : input::kCapabilityFields)
      key += " " + input::ToString(input.capabilities.value.*field.bits);
  }
  return key;
}

void CheckFilter(const Policy& policy, const Filter& filter, policy::Diagnostics& diagnostics) {
  const Allow* entry = policy.Find(filter.device.value);
  if (entry == nullptr) {
    if (filter.device.value.empty()) return;
    std::vector<std::string_view> names;
    for (const Allow& allow : policy.allows) names.push_back(allow.name.value);
    const auto closest = policy::ClosestMatch(filter.device.value, names);
    diagnostics.Add(filter.device.at,
                    "a filter on a denied device: no [[allow]] is called \"{}\"{}",
                    filter.device.value,
                    closest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", closest));
    return;
  }
  if (policy.console.uinput.value == Nodes::kOff)
    diagnostics.Add(filter.at,
                    "a filter gives keys on through uinput, and \"uinput\" is off in [console]");
  for (const auto& key : filter.keys) {
    const bool known = std::any_of(entry->inputs.begin(), entry->inputs.end(), [&](const auto& in) {
      return input::HasKey(in.capabilities.value, key.value);
    });
    if (!known)
      diagnostics.Add(key.at, "{} is none of the keys of \"{}\"", input::KeyName(key.value),
                      filter.device.value);
  }
}

}  // namespace

void CheckTogether(const Policy& policy, policy::Diagnostics& diagnostics) {
  std::map<std::string, const Allow*> names;
  std::map<std::string, const Allow*> identities;
  for (const Allow& entry : policy.allows) {
    CheckInputs(entry, diagnostics);
    CheckConsole(policy, entry, diagnostics);
    CheckPort(policy, entry, diagnostics);
    if (entry.maintenance.value && policy.maintenance.window.value == Window::kOff)
      diagnostics.Add(entry.maintenance.at,
                      "no gate could ever match: \"window\" is off in [maintenance]");
    if (!entry.name.value.empty()) {
      const auto [first, fresh] = names.emplace(entry.name.value, &entry);
      if (!fresh)
        diagnostics.Add(entry.name.at, "the name \"{}\" is used twice, first at {}",
                        entry.name.value, first->second->name.at.ToString());
    }
    if (entry.bus.value == Bus::kUsb && entry.descriptors.value.empty()) continue;  // reported
    const auto [same, fresh] = identities.emplace(IdentityOf(entry), &entry);
    if (!fresh)
      diagnostics.Add(entry.at, "this is the same device as \"{}\" at {}", same->second->name.value,
                      same->second->at.ToString());
  }
  std::map<std::string, const Filter*> filtered;
  for (const Filter& filter : policy.filters) {
    CheckFilter(policy, filter, diagnostics);
    const auto [first, fresh] = filtered.emplace(filter.device.value, &filter);
    if (!fresh)
      diagnostics.Add(filter.device.at, "\"{}\" has two filters, the first at {}",
                      filter.device.value, first->second->at.ToString());
  }
}

}  // namespace bf::lockdown
