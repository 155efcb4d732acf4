// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "lockdown/hid/key_reach.h"
#include "lockdown/input/linux_codes.h"

// The field, collection and usage tables fit together, and what a device could do never shrinks
// when it says more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown;
  using namespace bf::lockdown::hid;
  const auto bytes = std::as_bytes(std::span(data, size));
  auto parsed = ParseReportDescriptor(bytes);
  if (!parsed) return 0;
  for (std::size_t i = 0; i < parsed->collections.size(); ++i) {
    const int parent = parsed->collections[i].parent;
    if (parent < -1 || parent >= static_cast<int>(i)) __builtin_trap();
  }
  for (const Field& field : parsed->fields) {
    (void)parsed->UsagesOf(field);
    if (std::uint64_t{field.first_usage} + field.usage_count > parsed->usages.size())
      __builtin_trap();
    if (field.collection >= static_cast<int>(parsed->collections.size())) __builtin_trap();
  }
  for (const UsageRange& range : parsed->usages) {
    if (range.first > range.last) __builtin_trap();
  }
  if (parsed->Applications().size() > parsed->collections.size()) __builtin_trap();
  const KeyReach before = ReachOf(*parsed);
  for (std::size_t i = 1; i < before.unknown.size(); ++i) {
    if (before.unknown[i].first <= before.unknown[i - 1].last) __builtin_trap();
  }
  Field keys;
  keys.first_usage = static_cast<std::uint32_t>(parsed->usages.size());
  keys.usage_count = 1;
  parsed->usages.push_back({MakeUsage(7, 4), MakeUsage(7, 4)});
  parsed->fields.push_back(keys);
  const KeyReach after = ReachOf(*parsed);
  if (!before.keys.IsSubsetOf(after.keys) || !after.keys.Test(KEY_A)) __builtin_trap();
  if (after.CanType() != Typing::kYes || after.unknown != before.unknown) __builtin_trap();
  return 0;
}
