// SPDX-License-Identifier: Apache-2.0
// Substitutions in values: $kernel or %k, $attr{x} or %s{x}, $env{x} or %E{x}, and so on (udev(7)).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bf::udev_rules {

enum class Substitution {
  kDevnode,
  kAttr,
  kEnv,
  kKernel,
  kNumber,
  kDriver,
  kDevpath,
  kId,
  kMajor,
  kMinor,
  kResult,
  kParent,
  kName,
  kLinks,
  kRoot,
  kSys,
};

// Returns the text for one substitution; `argument` is what is in braces, or "".
using Lookup = std::function<std::string(Substitution, std::string_view argument)>;

// What udev would stumble over, if anything.
std::optional<std::string> CheckFormat(std::string_view text);
// As udev does, a text with a wrong substitution stays as it is from there on.
std::string Format(std::string_view text, const Lookup& lookup);

// Characters that come from a device and that udev does not pass on become '_'. White space and a
// few more may be allowed on top.
std::string ReplaceUnsafe(std::string_view text, std::string_view also_allowed);
inline constexpr std::string_view kAllowedInput = "/ $%?,";

}  // namespace bf::udev_rules
