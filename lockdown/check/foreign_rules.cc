// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/foreign_rules.h"

#include "udev-rules/rules/lint.h"

namespace bf::lockdown::check {

std::vector<ForeignRule> FindForeignRules(const Expected& expected,
                                          const std::vector<ConfigFile>& files) {
  std::vector<std::string> ours;
  for (const Fragment& fragment : expected.fragments)
    if (fragment.path.find("/udev/rules.d/") != std::string::npos)
      ours.emplace_back(udev_rules::BaseName(fragment.path));
  std::vector<udev_rules::RuleSource> sources;
  for (const ConfigFile& file : files) {
    const std::string name(udev_rules::BaseName(file.path));
    sources.push_back({file.path.substr(0, file.path.size() - name.size() - 1), name, file.text});
  }
  policy::Diagnostics diagnostics;
  const auto set = udev_rules::BuildRuleSet(std::move(sources), diagnostics);
  std::vector<ForeignRule> found;
  for (const auto& finding : udev_rules::Lint(set, ours)) {
    using Kind = udev_rules::FindingKind;
    // Our own files have a row of their own, and a line that is never reached opens nothing.
    if (finding.kind == Kind::kMasked || finding.kind == Kind::kMissing ||
        finding.kind == Kind::kUnreachable)
      continue;
    found.push_back({finding.at.ToString(), finding.message});
  }
  return found;
}

}  // namespace bf::lockdown::check
