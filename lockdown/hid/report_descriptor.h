// SPDX-License-Identifier: Apache-2.0
// HID report descriptors (HID 1.11, 6.2.2): which usages a device can report, and in what
// collections. Pure: bytes in, structs out. A descriptor is the device's word, and kernels have
// read the odd ones in more than one way: where that is so, all readings count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::lockdown::hid {

inline constexpr std::size_t kMaxReportDescriptor = 4096;  // HID_MAX_DESCRIPTOR_SIZE

// Page in the upper half, id in the lower: 0x00010002 is a mouse.
using Usage = std::uint32_t;
constexpr Usage MakeUsage(std::uint32_t page, std::uint32_t id) {
  return (page << 16) | (id & 0xffff);
}
std::string UsageToString(Usage usage);  // "01:0002"

inline constexpr Usage kPointer = MakeUsage(0x01, 0x01);
inline constexpr Usage kMouse = MakeUsage(0x01, 0x02);
inline constexpr Usage kJoystick = MakeUsage(0x01, 0x04);
inline constexpr Usage kGamepad = MakeUsage(0x01, 0x05);
inline constexpr Usage kKeyboard = MakeUsage(0x01, 0x06);
inline constexpr Usage kKeypad = MakeUsage(0x01, 0x07);
inline constexpr Usage kSystemControl = MakeUsage(0x01, 0x80);
inline constexpr Usage kConsumerControl = MakeUsage(0x0c, 0x01);
inline constexpr Usage kTouchScreen = MakeUsage(0x0d, 0x04);

// Both ends belong to it. A hostile range may go over pages, or over all of them.
struct UsageRange {
  Usage first = 0;
  Usage last = 0;

  bool operator==(const UsageRange&) const = default;
  bool Overlaps(Usage low, Usage high) const { return first <= high && low <= last; }
};

enum class CollectionType : std::uint8_t {
  kPhysical = 0,
  kApplication = 1,
  kLogical = 2,
};  // and others; the device says which number

struct Collection {
  CollectionType type = CollectionType::kPhysical;
  UsageRange usage;  // a single one but for hostile devices
  int parent = -1;   // index into collections, -1 at the top

  bool operator==(const Collection&) const = default;
};

enum class FieldKind : std::uint8_t { kInput, kOutput, kFeature };

// One Input, Output or Feature item. Its usages are usages[first_usage, first_usage + usage_count).
struct Field {
  FieldKind kind = FieldKind::kInput;
  std::uint32_t flags = 0;
  std::uint8_t report_id = 0;  // 0 where ids are not used
  std::uint32_t report_size = 0;
  std::uint32_t report_count = 0;
  int collection = -1;  // innermost
  std::uint32_t first_usage = 0;
  std::uint32_t usage_count = 0;

  bool operator==(const Field&) const = default;
  bool Constant() const { return (flags & 1) != 0; }
  bool Variable() const { return (flags & 2) != 0; }
};

struct ReportDescriptor {
  std::vector<Collection> collections;
  std::vector<Field> fields;
  std::vector<UsageRange> usages;

  bool operator==(const ReportDescriptor&) const = default;
  std::span<const UsageRange> UsagesOf(const Field& field) const {
    return std::span(usages).subspan(field.first_usage, field.usage_count);
  }
  // The usages of the application collections, in the order written.
  std::vector<Usage> Applications() const;
  bool HasApplication(Usage usage) const;
};

// Refuses what the kernel refuses (unbalanced collections and delimiters, report id 0, a truncated
// item, more than four nested Push, unknown global items), and says at which offset.
Result<ReportDescriptor> ParseReportDescriptor(std::span<const std::byte> bytes);

}  // namespace bf::lockdown::hid
