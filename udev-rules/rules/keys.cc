// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/keys.h"

#include <algorithm>
#include <array>

#include "core/policy/reader.h"
#include "udev-rules/rules/format.h"

namespace bf::udev_rules {
namespace {

constexpr KeyRule kKeys[] = {
    {"ACTION", Braces::kNone, Key::kMatchAction, {}},
    {"DEVPATH", Braces::kNone, Key::kMatchDevpath, {}},
    {"KERNEL", Braces::kNone, Key::kMatchKernel, {}},
    {"SYMLINK", Braces::kNone, Key::kMatchSymlink, Key::kSymlink, true, true, true},
    {"NAME", Braces::kNone, Key::kMatchName, Key::kName, false, true, false},
    {"ENV", Braces::kNeeded, Key::kMatchEnv, Key::kEnv, true, false, false},
    {"CONST", Braces::kNeeded, Key::kMatchConst, {}},
    {"TAG", Braces::kNone, Key::kMatchTag, Key::kTag, true, false, true},
    {"SUBSYSTEM", Braces::kNone, Key::kMatchSubsystem, {}},
    {"DRIVER", Braces::kNone, Key::kMatchDriver, {}},
    {"ATTR", Braces::kNeeded, Key::kMatchAttr, Key::kAttr, false, false, false},
    {"SYSCTL", Braces::kNeeded, Key::kMatchSysctl, Key::kSysctl, false, false, false},
    {"KERNELS", Braces::kNone, Key::kMatchKernels, {}},
    {"SUBSYSTEMS", Braces::kNone, Key::kMatchSubsystems, {}},
    {"DRIVERS", Braces::kNone, Key::kMatchDrivers, {}},
    {"ATTRS", Braces::kNeeded, Key::kMatchAttrs, {}},
    {"TAGS", Braces::kNone, Key::kMatchTags, {}},
    {"TEST", Braces::kOptional, Key::kMatchTest, {}},
    {"PROGRAM", Braces::kNone, Key::kMatchProgram, Key::kMatchProgram, true, true, false},
    {"IMPORT", Braces::kNeeded, Key::kMatchImport, Key::kMatchImport, true, true, false},
    {"RESULT", Braces::kNone, Key::kMatchResult, {}},
    {"OPTIONS", Braces::kNone, {}, Key::kOptions, true, true, false},
    {"OWNER", Braces::kNone, {}, Key::kOwner, false, true, false},
    {"GROUP", Braces::kNone, {}, Key::kGroup, false, true, false},
    {"MODE", Braces::kNone, {}, Key::kMode, false, true, false},
    {"SECLABEL", Braces::kNeeded, {}, Key::kSeclabel, true, false, false},
    {"RUN", Braces::kOptional, {}, Key::kRun, true, true, false},
    {"GOTO", Braces::kNone, {}, Key::kGoto, false, false, false},
    {"LABEL", Braces::kNone, {}, Key::kLabel, false, false, false},
};

constexpr std::string_view kBuiltins[] = {"blkid",    "btrfs",   "hwdb",   "input_id",
                                          "keyboard", "kmod",    "net_id", "net_setup_link",
                                          "path_id",  "uaccess", "usb_id"};
// Properties that come from the kernel or from udev itself.
constexpr std::string_view kReadOnly[] = {"ACTION",
                                          "DEVLINKS",
                                          "DEVNAME",
                                          "DEVPATH",
                                          "DEVTYPE",
                                          "DRIVER",
                                          "IFINDEX",
                                          "MAJOR",
                                          "MINOR",
                                          "SEQNUM",
                                          "SUBSYSTEM",
                                          "TAGS",
                                          "UDEV_DATABASE_VERSION",
                                          "USEC_INITIALIZED"};

template <class Range>
bool Contains(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

bool IsOctal(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("01234567") == std::string_view::npos;
}

bool IsInteger(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.size() < 10 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<Problem> CheckBuiltin(std::string_view command) {
  const std::string_view name = command.substr(0, command.find_first_of(" \t"));
  if (Contains(kBuiltins, name)) return std::nullopt;
  return Problem{fmt::format("there is no builtin \"{}\"", name)};
}

std::optional<Problem> CheckOption(std::string_view value) {
  constexpr std::string_view kPlain[] = {"string_escape=none", "string_escape=replace",
                                         "db_persist", "watch", "nowatch"};
  if (Contains(kPlain, value)) return std::nullopt;
  constexpr std::string_view kPriority = "link_priority=";
  if (value.starts_with(kPriority) && IsInteger(value.substr(kPriority.size()))) {
    return std::nullopt;
  }
  constexpr std::string_view kStatic = "static_node=";
  if (value.starts_with(kStatic) && value.size() > kStatic.size()) return std::nullopt;
  constexpr std::string_view kLevel = "log_level=";
  constexpr std::string_view kLevels[] = {"emerg",  "alert", "crit",  "err",  "warning",
                                          "notice", "info",  "debug", "reset"};
  if (value.starts_with(kLevel)) {
    const std::string_view level = value.substr(kLevel.size());
    if (Contains(kLevels, level)) return std::nullopt;
    if (level.size() == 1 && level[0] >= '0' && level[0] <= '7') return std::nullopt;
  }
  return Problem{fmt::format("\"{}\" is no option; udev ignores it", value), false};
}

std::optional<Problem> CheckBraces(const Token& token) {
  switch (token.key) {
    case Key::kMatchConst:
      if (token.attribute == "arch" || token.attribute == "virt") return std::nullopt;
      return Problem{fmt::format("CONST has no \"{}\"", token.attribute)};
    case Key::kMatchImport: {
      constexpr std::string_view kTypes[] = {"file", "program", "builtin",
                                             "db",   "cmdline", "parent"};
      if (Contains(kTypes, token.attribute)) return std::nullopt;
      return Problem{fmt::format("IMPORT has no type \"{}\"", token.attribute)};
    }
    case Key::kRun:
      if (token.attribute.empty() || token.attribute == "program" || token.attribute == "builtin") {
        return std::nullopt;
      }
      return Problem{fmt::format("RUN has no type \"{}\"", token.attribute)};
    case Key::kMatchTest:
      if (token.attribute.empty() || IsOctal(token.attribute)) return std::nullopt;
      return Problem{fmt::format("\"{}\" is no octal mode", token.attribute)};
    case Key::kEnv:
      if (!Contains(kReadOnly, token.attribute)) return std::nullopt;
      return Problem{fmt::format("ENV{{{}}} cannot be set", token.attribute)};
    default:
      return std::nullopt;
  }
}

std::optional<Problem> CheckValue(const Token& token) {
  const std::string& value = token.value;
  switch (token.key) {
    case Key::kMode:
      // A mode may come from a substitution; udev looks at it then.
      if (IsOctal(value) || value.find_first_of("$%") != std::string::npos) return std::nullopt;
      return Problem{fmt::format("\"{}\" is no octal mode; udev ignores it", value), false};
    case Key::kOptions:
      return CheckOption(value);
    case Key::kMatchImport:
    case Key::kRun:
      if (token.attribute == "builtin") return CheckBuiltin(value);
      return std::nullopt;
    case Key::kName:
      if (value == "%k") return Problem{"NAME=\"%k\" has no effect; udev ignores it", false};
      if (value.empty()) return Problem{"NAME=\"\" is ignored: udev removes no node", false};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

// Patterns are taken as they are; what a key writes, runs or tests has substitutions.
bool HasSubstitutions(Key key) {
  return !IsMatch(key) || key == Key::kMatchProgram || key == Key::kMatchImport ||
         key == Key::kMatchTest;
}

}  // namespace

const KeyRule* FindKey(std::string_view name) {
  const auto found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                  [name](const KeyRule& rule) { return rule.name == name; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::vector<std::string_view> KeyNames() {
  std::vector<std::string_view> names;
  for (const KeyRule& rule : kKeys) names.push_back(rule.name);
  return names;
}

std::optional<Problem> CheckToken(const Token& token) {
  if (auto problem = CheckBraces(token)) return problem;
  if (auto problem = CheckValue(token)) return problem;
  if (token.key == Key::kGoto || token.key == Key::kLabel || token.key == Key::kOptions ||
      !HasSubstitutions(token.key)) {
    return std::nullopt;
  }
  if (auto wrong = CheckFormat(token.value)) return Problem{*std::move(wrong), false};
  return std::nullopt;
}

}  // namespace bf::udev_rules
