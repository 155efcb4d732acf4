// SPDX-License-Identifier: Apache-2.0
// The names a profile may use for numbers: constants of the kernel, errors, capabilities.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bf::lockdown::sandbox {

struct Named {
  std::string_view name;
  std::uint64_t value;
};

std::span<const Named> Constants();     // AF_UNIX, TIOCSTI, PROT_EXEC…
std::span<const Named> Errors();        // ENOSYS, EPERM…
std::span<const Named> Capabilities();  // CAP_CHOWN is 0

std::optional<std::uint64_t> Lookup(std::span<const Named> table, std::string_view name);
// The first name that has this value, or "".
std::string_view NameOf(std::span<const Named> table, std::uint64_t value);
std::vector<std::string_view> NamesOf(std::span<const Named> table);

// "CAP_CHOWN CAP_SYS_ADMIN", by number.
std::string CapabilityNames(std::uint64_t set);

}  // namespace bf::lockdown::sandbox
