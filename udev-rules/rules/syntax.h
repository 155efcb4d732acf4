// SPDX-License-Identifier: Apache-2.0
// udev rules as systemd 252 reads them (udev(7)): files, lines and their keys. Pure: text in,
// structs out. Where udev ignores a line or assumes another operator, there is a diagnostic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/diagnostics.h"

namespace bf::udev_rules {

enum class Op : std::uint8_t {
  kMatch,    // ==
  kNoMatch,  // !=
  kAssign,   // =
  kAdd,      // +=
  kRemove,   // -=
  kFinal,    // :=
};
std::string_view ToString(Op op);

// In the order in which udev takes the keys of a line, whatever the order they are written in: all
// matches first. A key that both matches and assigns has two places.
enum class Key : std::uint8_t {
  kMatchAction,
  kMatchDevpath,
  kMatchKernel,
  kMatchSymlink,
  kMatchName,
  kMatchEnv,
  kMatchConst,
  kMatchTag,
  kMatchSubsystem,
  kMatchDriver,
  kMatchAttr,
  kMatchSysctl,
  kMatchKernels,  // from here to kMatchTags: one device of the chain must match all of them
  kMatchSubsystems,
  kMatchDrivers,
  kMatchAttrs,
  kMatchTags,
  kMatchTest,
  kMatchProgram,
  kMatchImport,
  kMatchResult,
  kOptions,
  kOwner,
  kGroup,
  kMode,
  kTag,
  kSeclabel,
  kEnv,
  kName,
  kSymlink,
  kAttr,
  kSysctl,
  kRun,
  kGoto,
  kLabel,
};
constexpr bool IsMatch(Key key) { return key <= Key::kMatchResult; }
constexpr bool IsParentMatch(Key key) {
  return key >= Key::kMatchKernels && key <= Key::kMatchTags;
}

struct Token {
  Key key = Key::kMatchAction;
  std::string name;       // as written: "ATTR"
  std::string attribute;  // what is in braces, or ""
  Op op = Op::kMatch;
  std::string value;
  SourceRef at;

  // "ATTR{inhibited}"
  std::string Shown() const;
};

struct Line {
  std::vector<Token> tokens;  // in the order udev takes them; no GOTO and no LABEL among them
  std::string label;
  std::string goto_label;
  // Index of the line to go to, or npos.
  std::size_t goto_line = std::string::npos;
  SourceRef at;
};

struct RuleFile {
  std::string path;
  std::vector<Line> lines;
};

// `path` is shown in positions.
RuleFile ParseRules(std::string_view text, const std::string& path,
                    policy::Diagnostics& diagnostics);

// Alternatives of a pattern: "a|b" has two, and "a|" matches an empty value, too.
std::vector<std::string_view> Alternatives(std::string_view value);

}  // namespace bf::udev_rules
