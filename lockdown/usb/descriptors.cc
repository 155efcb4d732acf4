// SPDX-License-Identifier: Apache-2.0
#include "lockdown/usb/descriptors.h"

#include "core/disk/bytes.h"

namespace bf::lockdown::usb {
namespace {

using Bytes = std::span<const std::byte>;

// The kernel's own limits (USB_MAXCONFIG, USB_MAXENDPOINTS): what is beyond them is never shown by
// sysfs, or never used.
constexpr std::size_t kMaxConfigurations = 8;
constexpr std::size_t kMaxEndpoints = 30;

enum Type : std::uint8_t {
  kDevice = 0x01,
  kConfiguration = 0x02,
  kInterface = 0x04,
  kEndpoint = 0x05,
  kAssociation = 0x0b,
  kHid = 0x21,
};

std::uint8_t Get8(Bytes bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

device::ClassCode GetClass(Bytes bytes, std::size_t at) {
  return {Get8(bytes, at), Get8(bytes, at + 1), Get8(bytes, at + 2)};
}

Failure TooShort(Bytes descriptor, std::size_t least, std::string_view what, std::size_t offset) {
  return Fail("offset {}: {} of {} bytes, it has at least {}", offset, what, descriptor.size(),
              least);
}

class Parser {
 public:
  explicit Parser(Bytes bytes) : bytes_(bytes) {}

  Result<Descriptors> Run() {
    if (bytes_.size() > kMaxDescriptors) {
      return Fail("{} bytes of descriptors, there are at most {}", bytes_.size(), kMaxDescriptors);
    }
    BF_ASSIGN(const Bytes device, Take(bytes_.size(), kDevice, 18, "a device descriptor"));
    result_.code = GetClass(device, 4);
    result_.vendor = disk::Get16(device, 8);
    result_.product = disk::Get16(device, 10);
    result_.version = disk::Get16(device, 12);
    result_.configurations = Get8(device, 17);
    result_.only_hubs = result_.code.base == kClassHub;
    if (result_.configurations > kMaxConfigurations)
      return Fail("{} configurations", result_.configurations);
    for (unsigned i = 0; i < result_.configurations; ++i) BF_TRY(ReadConfiguration(i == 0));
    if (at_ != bytes_.size()) {
      return Fail("offset {}: {} bytes after the last configuration", at_, bytes_.size() - at_);
    }
    return result_;
  }

 private:
  // The descriptor at at_, which must end before `end`, be of this type and have `least` bytes.
  Result<Bytes> Take(std::size_t end, Type type, std::size_t least, std::string_view what) {
    const std::size_t start = at_;
    BF_ASSIGN(const Bytes descriptor, Next(end));
    if (Get8(descriptor, 1) != type) {
      return Fail("offset {}: type {:#04x} where {} belongs", start, Get8(descriptor, 1), what);
    }
    if (descriptor.size() < least) return TooShort(descriptor, least, what, start);
    return descriptor;
  }

  Result<Bytes> Next(std::size_t end) {
    if (end - at_ < 2) return Fail("offset {}: no room for a descriptor", at_);
    const std::size_t length = Get8(bytes_, at_);
    if (length < 2) return Fail("offset {}: a descriptor of length {}", at_, length);
    if (length > end - at_) {
      return Fail("offset {}: a descriptor of {} bytes where {} are left", at_, length, end - at_);
    }
    const Bytes descriptor = bytes_.subspan(at_, length);
    at_ += length;
    return descriptor;
  }

  Status ReadConfiguration(bool first) {
    const std::size_t start = at_;
    BF_ASSIGN(const Bytes d, Take(bytes_.size(), kConfiguration, 9, "a configuration"));
    const std::size_t total = disk::Get16(d, 2);
    if (total < d.size() || total > bytes_.size() - start) {
      return Fail("offset {}: a configuration of {} bytes where {} are left", start, total,
                  bytes_.size() - start);
    }
    if (first) result_.value = Get8(d, 5);
    in_first_ = first;
    in_interface_ = false;
    const std::size_t end = start + total;
    while (at_ < end) BF_TRY(ReadOne(end));
    return {};
  }

  Status ReadOne(std::size_t end) {
    const std::size_t start = at_;
    BF_ASSIGN(const Bytes d, Next(end));
    switch (Get8(d, 1)) {
      case kDevice:
      case kConfiguration:
        return Fail("offset {}: type {:#04x} inside a configuration", start, Get8(d, 1));
      case kInterface:
        return ReadInterface(d, start);
      case kEndpoint:
        return ReadEndpoint(d, start);
      case kAssociation:
        if (d.size() < 8) return TooShort(d, 8, "an interface association", start);
        return {};
      case kHid:
        // Other classes use this number for descriptors of their own.
        return in_interface_ && code_.base == kClassHid ? ReadHid(d, start) : Status();
      default:
        return {};
    }
  }

  Status ReadInterface(Bytes d, std::size_t start) {
    if (d.size() < 9) return TooShort(d, 9, "an interface", start);
    const std::uint8_t number = Get8(d, 2);
    if (number >= kMaxInterfaces) return Fail("offset {}: interface number {}", start, number);
    in_interface_ = true;
    endpoints_ = 0;
    code_ = GetClass(d, 5);
    result_.only_hubs = result_.only_hubs && code_.base == kClassHub;
    const std::uint32_t bit = std::uint32_t{1} << number;
    if (in_first_ && (seen_ & bit) == 0) result_.interfaces.Add({number, code_});
    seen_ |= bit;
    return {};
  }

  Status ReadEndpoint(Bytes d, std::size_t start) {
    if (d.size() < 7) return TooShort(d, 7, "an endpoint", start);
    if (!in_interface_) return Fail("offset {}: an endpoint of no interface", start);
    if (++endpoints_ > kMaxEndpoints) return Fail("offset {}: too many endpoints", start);
    return {};
  }

  static Status ReadHid(Bytes d, std::size_t start) {
    if (d.size() < 9) return TooShort(d, 9, "a HID descriptor", start);
    const std::size_t count = Get8(d, 5);
    if (count == 0 || d.size() < 6 + 3 * count) {
      return Fail("offset {}: a HID descriptor of {} bytes counts {} class descriptors", start,
                  d.size(), count);
    }
    return {};
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool in_first_ = false;      // configuration
  bool in_interface_ = false;  // after the first interface of a configuration
  device::ClassCode code_;     // of the last interface
  std::size_t endpoints_ = 0;  // of the last interface
  std::uint32_t seen_ = 0;     // a bit for each interface number
  Descriptors result_;
};

}  // namespace

Result<Descriptors> ParseDescriptors(std::span<const std::byte> bytes) {
  return Parser(bytes).Run();
}

}  // namespace bf::lockdown::usb
