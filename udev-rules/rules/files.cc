// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/files.h"

#include <algorithm>

namespace bf::udev_rules {
namespace {

std::size_t Rank(const RuleSource& source) {
  const auto found = std::find(kRuleDirectories.begin(), kRuleDirectories.end(), source.directory);
  return static_cast<std::size_t>(found - kRuleDirectories.begin());
}

}  // namespace

std::string_view BaseName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

RuleSet BuildRuleSet(std::vector<RuleSource> sources, policy::Diagnostics& diagnostics) {
  std::stable_sort(sources.begin(), sources.end(), [](const RuleSource& a, const RuleSource& b) {
    return a.name != b.name ? a.name < b.name : Rank(a) < Rank(b);
  });
  RuleSet set;
  const RuleSource* winner = nullptr;
  for (const RuleSource& source : sources) {
    if (!source.name.ends_with(".rules")) continue;
    if (winner != nullptr && winner->name == source.name) {
      set.masked.push_back({source.Path(), winner->Path()});
      continue;
    }
    winner = &source;
    if (!source.text.empty()) {
      set.files.push_back(ParseRules(source.text, source.Path(), diagnostics));
    }
  }
  return set;
}

}  // namespace bf::udev_rules
