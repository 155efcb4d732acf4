// SPDX-License-Identifier: Apache-2.0
// What a USB device says it is: the binary `descriptors` attribute of sysfs, which holds the device
// descriptor and after it every configuration, as the device sent them. Pure: bytes in, a struct
// out. All of it is the device's word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/error/error.h"
#include "lockdown/device/device.h"

namespace bf::lockdown::usb {

// The kernel gives the device descriptor and at most what wTotalLength of one configuration counts.
inline constexpr std::size_t kMaxDescriptors = 18 + 0xffff;
// USB_MAXINTERFACES: numbers beyond it are never used.
inline constexpr std::size_t kMaxInterfaces = 32;
inline constexpr std::uint8_t kClassHid = 0x03;
inline constexpr std::uint8_t kClassHub = 0x09;

struct Interface {
  std::uint8_t number = 0;
  device::ClassCode code;

  bool operator==(const Interface&) const = default;
};

// In place: nothing that a device says makes us allocate.
class Interfaces {
 public:
  using value_type = Interface;
  using const_iterator = const Interface*;

  // Of kMaxInterfaces at most.
  void Add(const Interface& one) { all_[size_++] = one; }
  std::size_t size() const { return size_; }
  const Interface& operator[](std::size_t index) const { return all_[index]; }
  const_iterator begin() const { return all_.data(); }
  const_iterator end() const { return all_.data() + size_; }

  bool operator==(const Interfaces&) const = default;

 private:
  std::array<Interface, kMaxInterfaces> all_{};
  std::size_t size_ = 0;
};

// What a decision takes of them. All else in them is judged by their hash.
struct Descriptors {
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;
  std::uint16_t version = 0;  // bcdDevice
  device::ClassCode code;
  std::uint8_t configurations = 0;
  // Of the first configuration: bConfigurationValue, and each interface once, in the order in which
  // it came, with the class of its first setting.
  std::uint8_t value = 0;
  Interfaces interfaces;
  bool only_hubs = false;  // the device is one, and each setting in any configuration

  bool operator==(const Descriptors&) const = default;
};

// Stricter than the kernel, which skips what it cannot read: a length that leads out of its
// configuration, an endpoint outside of any interface, or anything after the last configuration is
// an error with its offset. A device that cannot be read cannot be allowed.
Result<Descriptors> ParseDescriptors(std::span<const std::byte> bytes);

}  // namespace bf::lockdown::usb
