// SPDX-License-Identifier: Apache-2.0
#include "lockdown/usb/descriptors.h"

#include <chrono>
#include <initializer_list>

namespace bf::lockdown::usb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A device of class 0 with these many configurations: 0627:0001, bcdDevice 2.10, USB 2.0.
Bytes Device(std::uint8_t configurations = 1) {
  return {18, 1, 0, 2, 0, 0, 0, 64, 0x27, 6, 1, 0, 0x10, 2, 1, 2, 3, configurations};
}
// A configuration around `content`, its total length right.
Bytes Config(const Bytes& content, std::uint8_t interfaces = 1, std::uint8_t value = 1) {
  const std::size_t total = 9 + content.size();
  return Bytes{9,
               2,
               static_cast<std::uint8_t>(total & 0xff),
               static_cast<std::uint8_t>(total >> 8),
               interfaces,
               value,
               4,
               0xa0,
               50} +
         content;
}
Bytes Interface(std::uint8_t number, std::uint8_t setting, device::ClassCode code,
                std::uint8_t endpoints = 0) {
  return {9, 4, number, setting, endpoints, code.base, code.subclass, code.protocol, 5};
}
Bytes Endpoint7(std::uint8_t address) { return {7, 5, address, 3, 8, 0, 7}; }
const Bytes kHid63 = {9, 0x21, 0x11, 1, 33, 1, 0x22, 63, 0};
const device::ClassCode kKeyboardCode = {3, 1, 1};
const device::ClassCode kStorageCode = {8, 6, 0x50};
const device::ClassCode kHubCode = {kClassHub, 0, 0};

Result<Descriptors> Parse(const Bytes& bytes) {
  return ParseDescriptors(std::as_bytes(std::span(bytes)));
}
std::string ErrorOf(const Bytes& bytes) {
  const auto parsed = Parse(bytes);
  return parsed ? "" : parsed.error().message;
}

TEST(UsbDescriptors, AKeyboardAsQemuHasIt) {
  const auto parsed =
      Parse(Device() + Config(Interface(0, 0, kKeyboardCode, 1) + kHid63 + Endpoint7(0x81)));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  EXPECT_EQ(parsed->vendor, 0x0627);
  EXPECT_EQ(parsed->product, 0x0001);
  EXPECT_EQ(parsed->version, 0x0210);
  EXPECT_EQ(parsed->configurations, 1);
  EXPECT_EQ(parsed->value, 1);
  EXPECT_THAT(parsed->interfaces, ElementsAre(usb::Interface{0, kKeyboardCode}));
  EXPECT_FALSE(parsed->only_hubs);
}

TEST(UsbDescriptors, InterfacesAreThoseOfTheFirstConfigurationInTheirOrder) {
  // Number 2 has two settings, of which the first counts; the second configuration does not.
  const auto parsed = Parse(Device(2) +
                            Config(Interface(2, 0, kStorageCode) + Interface(0, 0, kKeyboardCode) +
                                       kHid63 + Interface(2, 1, {0xff, 1, 2}),
                                   2, 7) +
                            Config(Interface(1, 0, kKeyboardCode) + kHid63, 1, 8));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  EXPECT_EQ(parsed->configurations, 2);
  EXPECT_EQ(parsed->value, 7);
  EXPECT_THAT(parsed->interfaces,
              ElementsAre(usb::Interface{2, kStorageCode}, usb::Interface{0, kKeyboardCode}));
}

TEST(UsbDescriptors, AHubIsOneInEachSettingOfEachConfiguration) {
  Bytes device = Device(2);
  device[4] = kClassHub;
  const Bytes hub = Config(Interface(0, 0, kHubCode) + Interface(0, 1, kHubCode));
  const auto only_hubs = [](const Bytes& bytes) { return Parse(bytes).value().only_hubs; };
  EXPECT_TRUE(only_hubs(device + hub + hub));
  EXPECT_FALSE(only_hubs(Device(2) + hub + hub));
  EXPECT_FALSE(only_hubs(
      device + hub + Config(Interface(0, 0, kHubCode) + Interface(0, 1, kKeyboardCode) + kHid63)));
}

TEST(UsbDescriptors, WhatIsUnknownIsPassedOver) {
  EXPECT_EQ(ErrorOf(Device() +
                    Config(Bytes{8, 0x0b, 0, 2, 0x0e, 3, 0, 0} + Interface(0, 0, {0x0e, 1, 0}) +
                               Bytes{5, 0x24, 1, 2, 3} + Interface(1, 0, {0x0e, 2, 0}) +
                               Endpoint7(0x82) + Bytes{6, 0x30, 0, 0, 0, 0},
                           2)),
            "");
}

TEST(UsbDescriptors, TheHidNumberBelongsToOthersElsewhere) {
  // DFU's functional descriptor is 0x21, too, and may be shorter than one of HID.
  EXPECT_EQ(
      ErrorOf(Device() + Config(Interface(0, 0, {0xfe, 1, 1}) + Bytes{7, 0x21, 1, 0, 0, 0, 4})),
      "");
  EXPECT_NE(
      ErrorOf(Device() + Config(Interface(0, 0, kKeyboardCode) + Bytes{7, 0x21, 1, 0, 0, 0, 4})),
      "");
}

TEST(UsbDescriptors, EveryCutIsAnError) {
  const Bytes whole =
      Device() + Config(Interface(0, 0, kKeyboardCode, 1) + kHid63 + Endpoint7(0x81));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ErrorOf(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "")
        << size;
  }
  EXPECT_EQ(ErrorOf(whole), "");
}

TEST(UsbDescriptors, ErrorsNameTheirOffset) {
  const Bytes interface = Interface(0, 0, kKeyboardCode);
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Bytes{0, 5})),
            "offset 36: a descriptor of length 0");
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Bytes{1, 5})),
            "offset 36: a descriptor of length 1");
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Bytes{9, 5, 1})),
            "offset 36: a descriptor of 9 bytes where 3 are left");
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Bytes{9})),
            "offset 36: no room for a descriptor");
  EXPECT_EQ(ErrorOf(Device() + Config(Bytes{4, 4, 0, 0})),
            "offset 27: an interface of 4 bytes, it has at least 9");
  EXPECT_EQ(ErrorOf(Device() + Config(Endpoint7(0x81))), "offset 27: an endpoint of no interface");
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Device())),
            "offset 36: type 0x01 inside a configuration");
  EXPECT_EQ(ErrorOf(Device() + Config(Interface(32, 0, kKeyboardCode))),
            "offset 27: interface number 32");
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Bytes{6, 0x21, 0x11, 1, 33, 1})),
            "offset 36: a HID descriptor of 6 bytes, it has at least 9");
  EXPECT_EQ(ErrorOf(Device() + Config(interface + Bytes{9, 0x21, 0x11, 1, 33, 2, 0x22, 63, 0})),
            "offset 36: a HID descriptor of 9 bytes counts 2 class descriptors");
  EXPECT_EQ(ErrorOf(Device() + Config({}) + Bytes{1, 2, 3}),
            "offset 27: 3 bytes after the last configuration");
  EXPECT_EQ(ErrorOf(Device(0) + Config({})), "offset 18: 9 bytes after the last configuration");
  EXPECT_EQ(ErrorOf(Device(9)), "9 configurations");
  EXPECT_EQ(ErrorOf(Config({})), "offset 0: type 0x02 where a device descriptor belongs");
}

TEST(UsbDescriptors, TheDeclaredLengthOfAConfigurationIsHonoured) {
  Bytes beyond = Device() + Config(Interface(0, 0, kKeyboardCode));
  beyond[20] = static_cast<std::uint8_t>(beyond[20] + 1);
  EXPECT_EQ(ErrorOf(beyond), "offset 18: a configuration of 19 bytes where 18 are left");
  Bytes nought = Device() + Config({});
  nought[20] = 0;
  EXPECT_EQ(ErrorOf(nought), "offset 18: a configuration of 0 bytes where 9 are left");
  // A length that ends within a descriptor, with more bytes behind it.
  Bytes within = Device(2) + Config(Interface(0, 0, kKeyboardCode)) + Config({}, 0);
  within[20] = static_cast<std::uint8_t>(within[20] - 1);
  EXPECT_EQ(ErrorOf(within), "offset 27: a descriptor of 9 bytes where 8 are left");
}

TEST(UsbDescriptors, HostileSizesStayBounded) {
  EXPECT_THAT(ErrorOf(Bytes(kMaxDescriptors + 1)), HasSubstr("at most 65553"));
  // As many interfaces as fit, all the same.
  Bytes many;
  while (many.size() + 18 < 0xffff - 9) many = many + Interface(0, 0, kKeyboardCode, 1) + kHid63;
  const Bytes whole = Device() + Config(many);
  const auto start = std::chrono::steady_clock::now();
  const auto parsed = Parse(whole);
  const auto spent = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(parsed.has_value()) << parsed.error().ToString();
  EXPECT_EQ(parsed->interfaces.size(), 1u);
  EXPECT_LT(spent, std::chrono::milliseconds(200));
  Bytes endpoints = Interface(0, 0, kKeyboardCode, 31);
  for (int i = 0; i < 31; ++i) endpoints = endpoints + Endpoint7(0x81);
  EXPECT_THAT(ErrorOf(Device() + Config(endpoints)), HasSubstr("too many endpoints"));
  // All 32 numbers, in either configuration: the list is full, and holds no more.
  Bytes numbers;
  for (std::uint8_t i = 0; i < kMaxInterfaces; ++i)
    numbers = numbers + Interface(i, 0, kStorageCode);
  const auto full = Parse(Device(2) + Config(numbers + numbers, 32) + Config(numbers, 32, 2));
  ASSERT_TRUE(full.has_value()) << full.error().ToString();
  EXPECT_EQ(full->interfaces.size(), kMaxInterfaces);
}

}  // namespace
}  // namespace bf::lockdown::usb
