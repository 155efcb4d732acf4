// SPDX-License-Identifier: Apache-2.0
// One device that could bring input, as plain facts: what sysfs shows, unread and unjudged. Every
// string in it comes from the device and is hostile.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bf::lockdown::device {

// bInterfaceClass, bInterfaceSubClass, bInterfaceProtocol; a device's own class likewise.
struct ClassCode {
  std::uint8_t base = 0;
  std::uint8_t subclass = 0;
  std::uint8_t protocol = 0;

  bool operator==(const ClassCode&) const = default;
};

// An interface as its own sysfs directory shows it; there is none before a configuration is set.
struct UsbInterface {
  std::string name;  // "1-1.2:1.0"
  std::uint8_t number = 0;
  ClassCode code;
  std::optional<bool> authorized;
  std::string driver;  // "" while no driver is bound

  bool operator==(const UsbInterface&) const = default;
};

struct UsbDevice {
  std::string name;  // "1-1.2": where it is plugged
  std::string path;  // below /sys: "/devices/…/usb1/1-1/1-1.2"
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t version = 0;  // bcdDevice
  ClassCode code;
  // "" where the device has no such string.
  std::string manufacturer;
  std::string product_name;
  std::string serial;
  std::string descriptors;  // the bytes of the `descriptors` attribute
  std::optional<bool> authorized;
  std::vector<UsbInterface> interfaces;

  bool operator==(const UsbDevice&) const = default;
};

struct HidDevice {
  std::string name;  // "0003:0EEF:0001.0004"
  std::string path;
  std::uint16_t bus = 0;  // as HID_ID claims it: uhid can claim any
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::string device_name;  // HID_NAME
  std::string phys;         // HID_PHYS
  std::string uniq;         // HID_UNIQ
  std::string driver;
  std::string report_descriptor;  // its bytes; empty until a driver is bound

  bool operator==(const HidDevice&) const = default;
};

struct InputId {
  std::uint16_t bus = 0;
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t version = 0;

  bool operator==(const InputId&) const = default;
};

// The hexadecimal words of capabilities/* and of `properties`, as read.
struct Capabilities {
  std::string ev;
  std::string key;
  std::string rel;
  std::string abs;
  std::string msc;
  std::string led;
  std::string snd;
  std::string ff;
  std::string sw;
  std::string properties;

  bool operator==(const Capabilities&) const = default;
};

// The fields under the names of input::kCapabilityFields, in its order.
inline constexpr std::array<std::pair<std::string_view, std::string Capabilities::*>, 10>
    kCapabilityFields = {{{"ev", &Capabilities::ev},
                          {"key", &Capabilities::key},
                          {"rel", &Capabilities::rel},
                          {"abs", &Capabilities::abs},
                          {"msc", &Capabilities::msc},
                          {"led", &Capabilities::led},
                          {"snd", &Capabilities::snd},
                          {"ff", &Capabilities::ff},
                          {"sw", &Capabilities::sw},
                          {"properties", &Capabilities::properties}}};

struct InputNode {
  std::string name;  // "input7"
  std::string path;
  InputId id;
  std::string device_name;  // `name`
  std::string phys;
  std::string uniq;
  Capabilities capabilities;
  std::optional<bool> inhibited;
  std::vector<std::string> handlers;  // "event3", "mouse0", "js0"

  bool operator==(const InputNode&) const = default;
};

// A device and what came of it: a USB device with its HID devices and their input nodes, or, on
// other buses, a HID device or an input node alone.
struct Device {
  std::string note;     // in recordings: what it is; "" on a live machine
  bool in_use = false;  // the product cannot do without it: IsInUse, or who recorded it
  std::optional<UsbDevice> usb;
  std::vector<HidDevice> hid;
  std::vector<InputNode> input;

  bool operator==(const Device&) const = default;
};

}  // namespace bf::lockdown::device
