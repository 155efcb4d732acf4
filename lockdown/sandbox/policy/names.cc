// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/names.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace bf::lockdown::sandbox {
namespace {

constexpr auto kConstants = std::to_array<Named>({
#define BF_CONSTANT(name, value) {#name, value},
#include "lockdown/sandbox/policy/constants.inc"
#undef BF_CONSTANT
});

constexpr auto kCapabilities = std::to_array<Named>({
#define BF_CAPABILITY(name, number) {name, number},
#include "lockdown/sandbox/policy/capabilities.inc"
#undef BF_CAPABILITY
});

// Those that a program may be told without being led to believe something that is not so. The
// numbers are the same on x86_64 and aarch64.
constexpr auto kErrors = std::to_array<Named>({{"ENOSYS", ENOSYS},
                                               {"EPERM", EPERM},
                                               {"EACCES", EACCES},
                                               {"EINVAL", EINVAL},
                                               {"ENOTTY", ENOTTY},
                                               {"ENODEV", ENODEV},
                                               {"ENOENT", ENOENT},
                                               {"EAFNOSUPPORT", EAFNOSUPPORT},
                                               {"EOPNOTSUPP", EOPNOTSUPP}});

}  // namespace

std::span<const Named> Constants() { return kConstants; }
std::span<const Named> Errors() { return kErrors; }
std::span<const Named> Capabilities() { return kCapabilities; }

std::optional<std::uint64_t> Lookup(std::span<const Named> table, std::string_view name) {
  for (const Named& one : table) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

std::string_view NameOf(std::span<const Named> table, std::uint64_t value) {
  for (const Named& one : table) {
    if (one.value == value) return one.name;
  }
  return "";
}

std::vector<std::string_view> NamesOf(std::span<const Named> table) {
  std::vector<std::string_view> names;
  for (const Named& one : table) names.push_back(one.name);
  return names;
}

std::string CapabilityNames(std::uint64_t set) {
  std::string text;
  for (const Named& one : kCapabilities) {
    if ((set >> one.value & 1U) == 0) continue;
    if (!text.empty()) text += ' ';
    text += one.name;
  }
  return text;
}

}  // namespace bf::lockdown::sandbox
