// SPDX-License-Identifier: Apache-2.0
// Which rules files count, and in what order: by name over all directories; of several with one
// name the first directory's alone. An empty file or a link to /dev/null masks the others and adds
// nothing.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "udev-rules/rules/syntax.h"

namespace bf::udev_rules {

// The first one wins.
inline constexpr std::array<std::string_view, 4> kRuleDirectories = {
    "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
    "/usr/lib/udev/rules.d"};

// A file as found; an empty text is a mask.
struct RuleSource {
  std::string directory;
  std::string name;  // "60-input-id.rules"
  std::string text;

  std::string Path() const { return directory + "/" + name; }
};

struct Masked {
  std::string path;
  std::string by;

  bool operator==(const Masked&) const = default;
};

struct RuleSet {
  std::vector<RuleFile> files;  // in the order in which udev goes through them
  std::vector<Masked> masked;
};

RuleSet BuildRuleSet(std::vector<RuleSource> sources, policy::Diagnostics& diagnostics);

// The part of a path after the last slash.
std::string_view BaseName(std::string_view path);

}  // namespace bf::udev_rules
