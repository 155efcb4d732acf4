// SPDX-License-Identifier: Apache-2.0
// The kernel makes the paths below /sys; a device has no say in them but for its place.
#include <algorithm>
#include <array>

#include "lockdown/judge/judge.h"

namespace bf::lockdown {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Numbered {
  std::string_view prefix;
  Bus bus;
};
// Parts of a path that are such a word and a number: "usb1", "i2c-10". From the inside out: a
// Bluetooth or CEC adapter itself hangs on USB or on the platform.
constexpr std::array<Numbered, 5> kNumbered = {{{"hci", Bus::kBluetooth},
                                                {"rc", Bus::kRc},
                                                {"usb", Bus::kUsb},
                                                {"serio", Bus::kSerio},
                                                {"i2c-", Bus::kI2c}}};

bool Is(std::string_view part, std::string_view prefix) {
  if (part.empty() || part.front() != prefix.front() || !part.starts_with(prefix)) return false;
  part.remove_prefix(prefix.size());
  return !part.empty() && std::all_of(part.begin(), part.end(), IsDigit);
}

}  // namespace

std::optional<Bus> BusOf(std::string_view path) {
  constexpr std::string_view kDevices = "/devices";
  if (!path.starts_with("/devices/")) return std::nullopt;
  if (path.starts_with("/devices/virtual/misc/uhid/")) return Bus::kUhid;
  if (path.starts_with("/devices/virtual/input/")) return Bus::kUinput;
  std::size_t innermost = kNumbered.size();
  for (std::string_view rest = path.substr(kDevices.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(part.size());
    for (std::size_t i = 0; i < innermost; ++i) {
      if (Is(part, kNumbered[i].prefix)) innermost = i;
    }
  }
  if (innermost < kNumbered.size()) return kNumbered[innermost].bus;
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
