// SPDX-License-Identifier: Apache-2.0
#include "lockdown/hid/key_reach.h"

#include <algorithm>
#include <array>

#include "lockdown/hid/key_usages.h"
#include "lockdown/input/capabilities.h"
#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::hid {
namespace {

// Disjoint and ascending, so that one walk beside the table is enough.
std::vector<UsageRange> InputUsages(const ReportDescriptor& descriptor) {
  std::vector<UsageRange> ranges;
  ranges.reserve(descriptor.usages.size());
  for (const Field& field : descriptor.fields) {
    if (field.kind != FieldKind::kInput) continue;
    const auto usages = descriptor.UsagesOf(field);
    ranges.insert(ranges.end(), usages.begin(), usages.end());
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const UsageRange& a, const UsageRange& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const UsageRange& range : ranges) {
    if (kept > 0 && range.first <= ranges[kept - 1].last) {
      ranges[kept - 1].last = std::max(ranges[kept - 1].last, range.last);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
  return ranges;
}

// Button n of a mouse is BTN_MOUSE + n - 1, of a pad BTN_GAMEPAD + n - 1, and so on; the
// application decides, and which one a device calls itself is no reason to believe it.
void AddButtons(UsageRange usages, input::Bitmap& keys) {
  constexpr std::array<unsigned, 5> kBases = {BTN_MISC, BTN_MOUSE, BTN_JOYSTICK, BTN_GAMEPAD,
                                              BTN_TRIGGER_HAPPY};
  const unsigned first = std::max(usages.first & 0xffff, 1u);
  const unsigned last = std::min<unsigned>(usages.last & 0xffff, KEY_CNT);
  for (const unsigned base : kBases) {
    for (unsigned button = first; button <= last; ++button) keys.Set(base + button - 1);
  }
}

// How many usages a field has in the kernel's eyes: the last one stands for all that are missing.
std::uint64_t CountUsages(const ReportDescriptor& descriptor, const Field& field) {
  std::uint64_t count = 0;
  for (const UsageRange& range : descriptor.UsagesOf(field)) {
    count += std::uint64_t{range.last} - range.first + 1;
  }
  return std::max<std::uint64_t>(count, field.report_count);
}

// A code that is taken moves its usage up to the next free one: so each code from BTN_MISC on
// stands for as many after it as there are such usages.
void SpreadUpwards(const ReportDescriptor& descriptor, input::Bitmap& keys) {
  std::uint64_t movable = 0;
  for (const Field& field : descriptor.fields) {
    if (field.kind != FieldKind::kInput) continue;
    const auto usages = descriptor.UsagesOf(field);
    if (std::none_of(usages.begin(), usages.end(), TakesNextFree)) continue;
    movable += CountUsages(descriptor, field);
    if (field.report_size == 1) keys.Set(BTN_MISC);
  }
  std::uint64_t end = 0;
  input::Bitmap spread = keys;
  for (unsigned code = BTN_MISC; code < KEY_CNT; ++code) {
    if (keys.Test(code)) {
      end = code + movable;
    } else if (code < end) {
      spread.Set(code);
    }
  }
  keys = spread;
}

void AddUnknown(Usage first, Usage last, std::vector<UsageRange>& unknown) {
  if (!unknown.empty() && unknown.back().last + 1 == first) {
    unknown.back().last = last;
  } else {
    unknown.push_back({first, last});
  }
}

}  // namespace

KeyReach ReachOf(const ReportDescriptor& descriptor) {
  KeyReach reach;
  const std::span<const UsageEffect> effects = UsageEffects();
  auto row = effects.begin();
  for (const UsageRange& range : InputUsages(descriptor)) {
    std::uint64_t next = range.first;  // the first usage not dealt with
    while (row != effects.end() && row->last < range.first) ++row;
    for (; row != effects.end() && row->first <= range.last; ++row) {
      if (row->first > next) {
        AddUnknown(static_cast<Usage>(next), row->first - 1, reach.unknown);
      }
      const UsageRange both{std::max(row->first, range.first), std::min(row->last, range.last)};
      if (row->effect == Effect::kKey) reach.keys.Set(row->key);
      if (row->effect == Effect::kButton) AddButtons(both, reach.keys);
      next = std::uint64_t{both.last} + 1;
      if (row->last > range.last) break;  // the next range may need it again
    }
    if (next <= range.last) AddUnknown(static_cast<Usage>(next), range.last, reach.unknown);
  }
  SpreadUpwards(descriptor, reach.keys);
  return reach;
}

Typing KeyReach::CanType() const {
  for (unsigned code = 0; code < input::Bitmap::kBits; ++code) {
    if (keys.Test(code) && input::IsVtKey(code)) return Typing::kYes;
  }
  return unknown.empty() ? Typing::kNo : Typing::kPerhaps;
}

}  // namespace bf::lockdown::hid
