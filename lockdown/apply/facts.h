// SPDX-License-Identifier: Apache-2.0
// The gates of a machine and the devices behind them, read through sysfs. Nothing here judges.
// What a device says is taken as it is, bounded in length; what cannot be read stays empty, and
// empty fits no entry.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lockdown/apply/kernel.h"
#include "lockdown/device/device.h"

namespace bf::lockdown {

// One USB bus. The values are as the kernel prints them; "" where there is no such attribute.
struct RootHub {
  std::string name;  // "usb1"
  std::string path;
  std::string authorized_default;
  std::string interface_authorized_default;

  bool operator==(const RootHub&) const = default;
  // Devices on it come without a driver on any interface.
  bool InterfacesShut() const { return interface_authorized_default == "0"; }
};

struct Facts {
  bool hid_bus = false;       // the hid module is there
  std::string hid_autoprobe;  // "0", "1"
  std::vector<RootHub> root_hubs;
  std::vector<device::Device> devices;  // root hubs are none
  std::optional<Chords> chords;         // of the keymap
  std::string chords_problem;           // why they cannot be read; "" when they were
  // Of one device for `decide`: a plan leaves the autoprobe and the buses alone.
  bool only_one = false;

  bool operator==(const Facts&) const = default;
};

// Where a path below /sys leads through. Each is a path itself, or "".
struct Lineage {
  std::string root_hub;
  std::string usb;
  std::string interface;
  std::string hid;
  std::string input;
  std::string node;  // "event3", "mouse0", "hidraw0"
};
Lineage LineageOf(std::string_view path);
std::string_view BaseName(std::string_view path);

Result<RootHub> ReadRootHub(Sysfs& sysfs, const std::string& path);
// Without its interfaces, which cost the most to read.
Result<device::UsbDevice> ReadUsbDevice(Sysfs& sysfs, const std::string& path);
Result<std::vector<device::UsbInterface>> ReadInterfaces(Sysfs& sysfs, const std::string& path);
Result<device::UsbInterface> ReadInterface(Sysfs& sysfs, const std::string& path);
Result<device::HidDevice> ReadHidDevice(Sysfs& sysfs, const std::string& path);
Result<device::InputNode> ReadInputNode(Sysfs& sysfs, const std::string& path);

// All there is. A device that goes away meanwhile is left out.
Result<Facts> Observe(Sysfs& sysfs);

}  // namespace bf::lockdown
