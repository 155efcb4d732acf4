// SPDX-License-Identifier: Apache-2.0
#include "lockdown/input/key_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lockdown/input/linux_codes.h"

namespace bf::lockdown::input {
namespace {

// In the order of the header, so that an alias comes after the name it is for.
constexpr CodeName kKeys[] = {
#include "lockdown/input/key_names.inc"
};
constexpr CodeName kSwitches[] = {
#include "lockdown/input/switch_names.inc"
};

std::vector<CodeName> SortedByName(std::span<const CodeName> names) {
  std::vector<CodeName> sorted(names.begin(), names.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const CodeName& a, const CodeName& b) { return a.name < b.name; });
  return sorted;
}

std::optional<unsigned> CodeIn(std::span<const CodeName> names, std::string_view name) {
  const auto found = std::lower_bound(
      names.begin(), names.end(), name,
      [](const CodeName& entry, std::string_view wanted) { return entry.name < wanted; });
  if (found == names.end() || found->name != name) return std::nullopt;
  return found->code;
}

std::string NameIn(std::span<const CodeName> names, unsigned code) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [code](const CodeName& entry) { return entry.code == code; });
  return found == names.end() ? fmt::format("{:#x}", code) : std::string(found->name);
}

}  // namespace

std::span<const CodeName> KeyNames() {
  static const std::vector<CodeName> kSorted = SortedByName(kKeys);
  return kSorted;
}

std::span<const CodeName> SwitchNames() {
  static const std::vector<CodeName> kSorted = SortedByName(kSwitches);
  return kSorted;
}

std::optional<unsigned> KeyCode(std::string_view name) { return CodeIn(KeyNames(), name); }
std::string KeyName(unsigned code) { return NameIn(kKeys, code); }
std::optional<unsigned> SwitchCode(std::string_view name) { return CodeIn(SwitchNames(), name); }
std::string SwitchName(unsigned code) { return NameIn(kSwitches, code); }

}  // namespace bf::lockdown::input
