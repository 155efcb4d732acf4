// SPDX-License-Identifier: Apache-2.0
// KEY_*, BTN_* and SW_* by name and number, as the kernel header of the build has them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bf::lockdown::input {

struct CodeName {
  std::string_view name;
  unsigned code = 0;
};

// Sorted by name; several names may share a code.
std::span<const CodeName> KeyNames();  // KEY_* and BTN_*
std::span<const CodeName> SwitchNames();

std::optional<unsigned> KeyCode(std::string_view name);
// The first name in the header, or "0x2e8" where there is none.
std::string KeyName(unsigned code);
std::optional<unsigned> SwitchCode(std::string_view name);
std::string SwitchName(unsigned code);

}  // namespace bf::lockdown::input
