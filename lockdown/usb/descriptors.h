// SPDX-License-Identifier: Apache-2.0
// What a USB device says it is: the binary `descriptors` attribute of sysfs, which holds the device
// descriptor and after it every configuration, as the device sent them. Pure: bytes in, structs
// out. All of it is the device's word. Order and duplicates are kept as they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::lockdown::usb {

// The kernel gives the device descriptor and at most what wTotalLength of one configuration counts.
inline constexpr std::size_t kMaxDescriptors = 18 + 0xffff;
inline constexpr std::uint8_t kClassHid = 0x03;
inline constexpr std::uint8_t kClassStorage = 0x08;
inline constexpr std::uint8_t kClassHub = 0x09;

struct ClassCode {
  std::uint8_t base = 0;
  std::uint8_t subclass = 0;
  std::uint8_t protocol = 0;

  bool operator==(const ClassCode&) const = default;
  // "03/01/02", as policies write it.
  std::string ToString() const;
};

struct Endpoint {
  std::uint8_t address = 0;
  std::uint8_t attributes = 0;
  std::uint16_t max_packet = 0;
  std::uint8_t interval = 0;

  bool operator==(const Endpoint&) const = default;
  bool In() const { return (address & 0x80) != 0; }
};

// The HID descriptor of an interface: which class descriptors it has, and how long each is.
struct HidClassDescriptor {
  std::uint8_t type = 0;  // 0x22 report, 0x23 physical
  std::uint16_t length = 0;

  bool operator==(const HidClassDescriptor&) const = default;
};
struct HidDescriptor {
  std::uint16_t version = 0;  // bcdHID
  std::uint8_t country = 0;
  std::vector<HidClassDescriptor> descriptors;

  bool operator==(const HidDescriptor&) const = default;
  // Nothing if there is none or more than one: kernels differ in which of several they ask for.
  std::optional<std::uint16_t> ReportLength() const;
};

// One interface descriptor, that is, one alternate setting of an interface.
struct Alternate {
  std::uint8_t interface_number = 0;
  std::uint8_t setting = 0;
  ClassCode code;
  std::uint8_t name_index = 0;
  std::vector<Endpoint> endpoints;
  std::vector<HidDescriptor> hid;  // only where code.base is kClassHid

  bool operator==(const Alternate&) const = default;
};

struct Association {
  std::uint8_t first_interface = 0;
  std::uint8_t interface_count = 0;
  ClassCode code;

  bool operator==(const Association&) const = default;
};

struct Configuration {
  std::uint8_t value = 0;
  std::uint8_t declared_interfaces = 0;
  std::uint8_t attributes = 0;
  std::uint8_t max_power = 0;
  std::vector<Alternate> alternates;
  std::vector<Association> associations;

  bool operator==(const Configuration&) const = default;
  // Each interface number once, in the order in which it came first.
  std::vector<std::uint8_t> InterfaceNumbers() const;
};

struct Descriptors {
  std::uint16_t usb_version = 0;  // bcdUSB
  ClassCode code;
  std::uint8_t max_packet_0 = 0;
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t version = 0;  // bcdDevice
  std::uint8_t manufacturer_index = 0;
  std::uint8_t product_index = 0;
  std::uint8_t serial_index = 0;
  std::vector<Configuration> configurations;
  // What the kernel takes although the device contradicts itself; for people.
  std::vector<std::string> contradictions;

  bool operator==(const Descriptors&) const = default;
  // True if an interface in any setting of any configuration is of this class.
  bool HasInterfaceClass(std::uint8_t base) const;
};

// Stricter than the kernel, which skips what it cannot read: a length that leads out of its
// configuration, an endpoint outside of any interface, or anything after the last configuration is
// an error with its offset. A device that cannot be read cannot be allowed.
Result<Descriptors> ParseDescriptors(std::span<const std::byte> bytes);

}  // namespace bf::lockdown::usb
