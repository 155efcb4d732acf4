// SPDX-License-Identifier: Apache-2.0
// The kernel makes the paths below /sys; a device has no say in them but for its place.
#include "lockdown/judge/judge.h"

namespace bf::lockdown {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A part of the path that is `prefix` and a number: "usb1", "i2c-10", "hci0".
bool HasNumbered(std::string_view path, std::string_view prefix) {
  for (std::size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) {
    std::string_view part = path.substr(at + 1);
    part = part.substr(0, part.find('/'));
    if (!part.starts_with(prefix)) continue;
    part.remove_prefix(prefix.size());
    if (!part.empty() && part.find_first_not_of("0123456789") == part.npos) return true;
  }
  return false;
}

}  // namespace

std::optional<Bus> BusOf(std::string_view path) {
  if (!path.starts_with("/devices/")) return std::nullopt;
  if (path.starts_with("/devices/virtual/misc/uhid/")) return Bus::kUhid;
  if (path.starts_with("/devices/virtual/input/")) return Bus::kUinput;
  // From the inside out: a Bluetooth or CEC adapter itself hangs on USB or on the platform.
  if (HasNumbered(path, "hci")) return Bus::kBluetooth;
  if (HasNumbered(path, "rc")) return Bus::kRc;
  if (HasNumbered(path, "usb")) return Bus::kUsb;
  if (HasNumbered(path, "serio")) return Bus::kSerio;
  if (HasNumbered(path, "i2c-")) return Bus::kI2c;
  if (path.starts_with("/devices/platform/") || path.starts_with("/devices/LNXSYSTM:"))
    return Bus::kPlatform;
  return std::nullopt;
}

std::string_view InterfaceName(std::string_view path) {
  // "BUS-PORT.PORT:CONFIGURATION.INTERFACE"; the last one, though there is never a second.
  std::string_view found;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    const auto dash = part.find('-');
    const auto colon = part.find(':');
    if (dash == part.npos || colon == part.npos || colon < dash) continue;
    if (!part.empty() && IsDigit(part.front()) &&
        part.find_first_not_of("0123456789-.:") == part.npos)
      found = part;
  }
  return found;
}

const device::HidDevice* HidParent(const device::Device& device, std::string_view path) {
  for (const device::HidDevice& hid : device.hid) {
    if (!hid.path.empty() && path.starts_with(hid.path) && path.size() > hid.path.size() &&
        path[hid.path.size()] == '/')
      return &hid;
  }
  return nullptr;
}

}  // namespace bf::lockdown
