// SPDX-License-Identifier: Apache-2.0
#include "lockdown/policy/policy.h"

#include <algorithm>

namespace bf::lockdown {

std::string_view ToString(Bus bus) {
  switch (bus) {
    case Bus::kUsb:
      return "usb";
    case Bus::kBluetooth:
      return "bluetooth";
    case Bus::kI2c:
      return "i2c";
    case Bus::kPlatform:
      return "platform";
    case Bus::kSerio:
      return "serio";
    case Bus::kRc:
      return "rc";
    case Bus::kUinput:
      return "uinput";
    case Bus::kUhid:
      return "uhid";
  }
  return "";
}

const Allow* Policy::Find(std::string_view name) const {
  const auto found = std::find_if(allows.begin(), allows.end(),
                                  [&](const Allow& entry) { return entry.name.value == name; });
  return found == allows.end() ? nullptr : &*found;
}

const Filter* Policy::FilterOf(const Allow& allow) const {
  const auto found = std::find_if(filters.begin(), filters.end(), [&](const Filter& filter) {
    return filter.device.value == allow.name.value;
  });
  return found == filters.end() ? nullptr : &*found;
}

std::string FilterOutputName(const Filter& filter) {
  return fmt::format("BetterFrame filter {}", filter.device.value);
}

EntryKey KeyOf(const Allow& entry) {
  return {entry.bus.value, entry.vendor.value, entry.product.value};
}

}  // namespace bf::lockdown
