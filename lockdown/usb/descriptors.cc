// SPDX-License-Identifier: Apache-2.0
#include "lockdown/usb/descriptors.h"

#include <algorithm>
#include <bitset>

#include "core/disk/bytes.h"

namespace bf::lockdown::usb {
namespace {

using Bytes = std::span<const std::byte>;

// The kernel's own limits (USB_MAXCONFIG, USB_MAXINTERFACES, USB_MAXENDPOINTS): what is beyond
// them is never shown by sysfs, or never used.
constexpr std::size_t kMaxConfigurations = 8;
constexpr std::size_t kMaxInterfaces = 32;
constexpr std::size_t kMaxEndpoints = 30;
constexpr std::size_t kMaxContradictions = 16;
constexpr std::uint8_t kReportDescriptor = 0x22;

enum Type : std::uint8_t {
  kDevice = 0x01,
  kConfiguration = 0x02,
  kInterface = 0x04,
  kEndpoint = 0x05,
  kAssociation = 0x0b,
  kHid = 0x21,
};

std::uint8_t Get8(Bytes bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

ClassCode GetClass(Bytes bytes, std::size_t at) {
  return {Get8(bytes, at), Get8(bytes, at + 1), Get8(bytes, at + 2)};
}

Status AtLeast(Bytes descriptor, std::size_t wanted, std::string_view what, std::size_t offset) {
  if (descriptor.size() >= wanted) return {};
  return Fail("offset {}: {} of {} bytes, it has at least {}", offset, what, descriptor.size(),
              wanted);
}

class Parser {
 public:
  explicit Parser(Bytes bytes) : bytes_(bytes) {}

  Result<Descriptors> Run() {
    if (bytes_.size() > kMaxDescriptors) {
      return Fail("{} bytes of descriptors, there are at most {}", bytes_.size(), kMaxDescriptors);
    }
    BF_ASSIGN(const Bytes device, Take(bytes_.size(), kDevice, 18, "a device descriptor"));
    ReadDevice(device);
    const std::size_t count = Get8(device, 17);
    if (count > kMaxConfigurations) return Fail("{} configurations", count);
    for (std::size_t i = 0; i < count; ++i) BF_TRY(ReadConfiguration());
    if (at_ != bytes_.size()) {
      return Fail("offset {}: {} bytes after the last configuration", at_, bytes_.size() - at_);
    }
    return std::move(result_);
  }

 private:
  // The descriptor at at_, which must end before `end`, be of this type and have `least` bytes.
  Result<Bytes> Take(std::size_t end, Type type, std::size_t least, std::string_view what) {
    const std::size_t start = at_;
    BF_ASSIGN(const Bytes descriptor, Next(end));
    if (Get8(descriptor, 1) != type) {
      return Fail("offset {}: type {:#04x} where {} belongs", start, Get8(descriptor, 1), what);
    }
    BF_TRY(AtLeast(descriptor, least, what, start));
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

  void ReadDevice(Bytes d) {
    result_.usb_version = disk::Get16(d, 2);
    result_.code = GetClass(d, 4);
    result_.max_packet_0 = Get8(d, 7);
    result_.vendor = disk::Get16(d, 8);
    result_.product = disk::Get16(d, 10);
    result_.version = disk::Get16(d, 12);
    result_.manufacturer_index = Get8(d, 14);
    result_.product_index = Get8(d, 15);
    result_.serial_index = Get8(d, 16);
    if (d.size() != 18) Contradiction("the device descriptor has {} bytes, not 18", d.size());
  }

  Status ReadConfiguration() {
    const std::size_t start = at_;
    BF_ASSIGN(const Bytes d, Take(bytes_.size(), kConfiguration, 9, "a configuration"));
    const std::size_t total = disk::Get16(d, 2);
    if (total < d.size() || total > bytes_.size() - start) {
      return Fail("offset {}: a configuration of {} bytes where {} are left", start, total,
                  bytes_.size() - start);
    }
    Configuration& config = result_.configurations.emplace_back();
    config.declared_interfaces = Get8(d, 4);
    config.value = Get8(d, 5);
    config.attributes = Get8(d, 7);
    config.max_power = Get8(d, 8);
    declared_endpoints_.clear();
    seen_.reset();
    const std::size_t end = start + total;
    while (at_ < end) BF_TRY(ReadOne(config, end));
    return CheckCounts(config);
  }

  Status ReadOne(Configuration& config, std::size_t end) {
    const std::size_t start = at_;
    BF_ASSIGN(const Bytes d, Next(end));
    switch (Get8(d, 1)) {
      case kDevice:
      case kConfiguration:
        return Fail("offset {}: type {:#04x} inside a configuration", start, Get8(d, 1));
      case kInterface:
        return ReadInterface(config, d, start);
      case kEndpoint:
        return ReadEndpoint(config, d, start);
      case kAssociation:
        BF_TRY(AtLeast(d, 8, "an interface association", start));
        config.associations.push_back({Get8(d, 2), Get8(d, 3), GetClass(d, 4)});
        return {};
      case kHid:
        // Other classes use this number for descriptors of their own.
        if (config.alternates.empty() || config.alternates.back().code.base != kClassHid) return {};
        return ReadHid(config.alternates.back(), d, start);
      default:
        return {};
    }
  }

  Status ReadInterface(Configuration& config, Bytes d, std::size_t start) {
    BF_TRY(AtLeast(d, 9, "an interface", start));
    Alternate alternate;
    alternate.interface_number = Get8(d, 2);
    alternate.setting = Get8(d, 3);
    alternate.code = GetClass(d, 5);
    alternate.name_index = Get8(d, 8);
    if (alternate.interface_number >= kMaxInterfaces) {
      return Fail("offset {}: interface number {}", start, alternate.interface_number);
    }
    const std::size_t key = alternate.interface_number * 256u + alternate.setting;
    if (seen_.test(key)) {
      Contradiction("interface {} has setting {} twice", alternate.interface_number,
                    alternate.setting);
    }
    seen_.set(key);
    config.alternates.push_back(std::move(alternate));
    declared_endpoints_.push_back(Get8(d, 4));
    return {};
  }

  Status ReadEndpoint(Configuration& config, Bytes d, std::size_t start) {
    BF_TRY(AtLeast(d, 7, "an endpoint", start));
    if (config.alternates.empty()) return Fail("offset {}: an endpoint of no interface", start);
    std::vector<Endpoint>& endpoints = config.alternates.back().endpoints;
    if (endpoints.size() == kMaxEndpoints) return Fail("offset {}: too many endpoints", start);
    endpoints.push_back({Get8(d, 2), Get8(d, 3), disk::Get16(d, 4), Get8(d, 6)});
    return {};
  }

  Status ReadHid(Alternate& alternate, Bytes d, std::size_t start) {
    BF_TRY(AtLeast(d, 9, "a HID descriptor", start));
    const std::size_t count = Get8(d, 5);
    if (count == 0 || d.size() < 6 + 3 * count) {
      return Fail("offset {}: a HID descriptor of {} bytes counts {} class descriptors", start,
                  d.size(), count);
    }
    HidDescriptor hid;
    hid.version = disk::Get16(d, 2);
    hid.country = Get8(d, 4);
    for (std::size_t i = 0; i < count; ++i) {
      hid.descriptors.push_back({Get8(d, 6 + 3 * i), disk::Get16(d, 7 + 3 * i)});
    }
    if (!alternate.hid.empty()) {
      Contradiction("interface {} has more than one HID descriptor", alternate.interface_number);
    }
    if (!hid.ReportLength()) {
      Contradiction("interface {} does not have exactly one report descriptor",
                    alternate.interface_number);
    }
    alternate.hid.push_back(std::move(hid));
    return {};
  }

  Status CheckCounts(const Configuration& config) {
    const std::size_t found = config.InterfaceNumbers().size();
    if (found != config.declared_interfaces) {
      Contradiction("configuration {} declares {} interfaces and has {}", config.value,
                    config.declared_interfaces, found);
    }
    for (std::size_t i = 0; i < config.alternates.size(); ++i) {
      const Alternate& alternate = config.alternates[i];
      if (alternate.endpoints.size() != declared_endpoints_[i]) {
        Contradiction("interface {} setting {} declares {} endpoints and has {}",
                      alternate.interface_number, alternate.setting, declared_endpoints_[i],
                      alternate.endpoints.size());
      }
      if (alternate.code.base == kClassHid && alternate.hid.empty()) {
        Contradiction("interface {} setting {} is of class HID without a HID descriptor",
                      alternate.interface_number, alternate.setting);
      }
    }
    return {};
  }

  // A hostile device could contradict itself thousands of times; a few are enough to say so.
  template <class... Args>
  void Contradiction(fmt::format_string<Args...> format, Args&&... args) {
    if (result_.contradictions.size() == kMaxContradictions) return;
    result_.contradictions.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  // Of the configuration being read: what each alternate declares, and which there were.
  std::vector<std::uint8_t> declared_endpoints_;
  std::bitset<kMaxInterfaces * 256> seen_;
  Descriptors result_;
};

}  // namespace

std::string ClassCode::ToString() const {
  return fmt::format("{:02x}/{:02x}/{:02x}", base, subclass, protocol);
}

std::optional<std::uint16_t> HidDescriptor::ReportLength() const {
  std::optional<std::uint16_t> length;
  for (const HidClassDescriptor& descriptor : descriptors) {
    if (descriptor.type != kReportDescriptor) continue;
    if (length) return std::nullopt;
    length = descriptor.length;
  }
  return length;
}

std::vector<std::uint8_t> Configuration::InterfaceNumbers() const {
  std::vector<std::uint8_t> numbers;
  for (const Alternate& alternate : alternates) {
    if (std::find(numbers.begin(), numbers.end(), alternate.interface_number) == numbers.end()) {
      numbers.push_back(alternate.interface_number);
    }
  }
  return numbers;
}

bool Descriptors::HasInterfaceClass(std::uint8_t base) const {
  return std::any_of(
      configurations.begin(), configurations.end(), [base](const Configuration& config) {
        return std::any_of(
            config.alternates.begin(), config.alternates.end(),
            [base](const Alternate& alternate) { return alternate.code.base == base; });
      });
}

Result<Descriptors> ParseDescriptors(std::span<const std::byte> bytes) {
  return Parser(bytes).Run();
}

}  // namespace bf::lockdown::usb
