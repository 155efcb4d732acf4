// SPDX-License-Identifier: Apache-2.0
#include "lockdown/judge/keys.h"

#include <algorithm>

#include "lockdown/judge/judge.h"

namespace bf::lockdown {

KeyRange KeysOn(Bus bus, const device::UsbDevice* usb, const device::HidDevice* hid) {
  const auto only = [&](std::uint16_t vendor, std::uint16_t product) {
    const EntryKey key{bus, vendor, product};
    return KeyRange{key, key};
  };
  if (bus == Bus::kUsb && usb != nullptr) return only(usb->vendor, usb->product);
  if (bus != Bus::kUsb && hid != nullptr) return only(hid->vendor, hid->product);
  // A node of a driver of its own has its ids in [[allow.input]].
  return {{bus, 0, 0}, {bus, 0xffff, 0xffff}};
}

std::vector<KeyRange> KeysOf(const device::Device& device) {
  std::vector<KeyRange> ranges;
  const device::UsbDevice* usb = device.usb ? &*device.usb : nullptr;
  const auto add = [&](const std::string& path, const device::HidDevice* hid) {
    const auto bus = BusOf(path);
    if (!bus) return;
    const KeyRange range = KeysOn(*bus, usb, hid);
    const bool known = std::any_of(ranges.begin(), ranges.end(), [&](const KeyRange& one) {
      return one.Contains(range.first) && one.Contains(range.last);
    });
    if (!known) ranges.push_back(range);
  };
  if (usb != nullptr) add(usb->path, nullptr);
  for (const auto& hid : device.hid) add(hid.path, &hid);
  for (const auto& input : device.input) add(input.path, HidParent(device, input.path));
  return ranges;
}

}  // namespace bf::lockdown
