// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lockdown/check/foreign_rules.h"
#include "lockdown/check/row_tables.h"
#include "lockdown/stored/stored.h"

namespace bf::lockdown::check {
namespace {

void JudgeInstalled(const Context& context, Outcome& outcome, std::string_view directory) {
  outcome.because = context.policy.at;
  outcome.evidence = directory;
  const auto& installed = context.facts.installed;
  if (!NeedAll(outcome, "installed files", installed.problem)) return;
  int wanted = 0;
  for (const Fragment& fragment : context.expected.fragments) {
    if (fragment.path.find(directory) == std::string::npos) continue;
    ++wanted;
    const auto before = outcome.drifts.size();
    const auto found =
        std::find_if(installed.items.begin(), installed.items.end(),
                     [&](const Installed& one) { return one.path == fragment.path; });
    if (found == installed.items.end()) {
      Drift(outcome, "{}: {}", fragment.path, kNotRead);
    } else if (!found->file.read()) {
      Drift(outcome, "{} {}", fragment.path,
            found->file.absent() ? "is not installed" : "cannot be read: " + found->file.problem);
    } else if (found->link != fragment.link || found->file.text != fragment.text) {
      Drift(outcome, "{} is not what the policy compiles to", fragment.path);
    } else {
      for (const auto& other : found->others)
        Drift(outcome, "{} is overridden by {}", fragment.path, other);
    }
    if (outcome.drifts.size() != before) outcome.evidence = fragment.path;
  }
  outcome.wants = fmt::format("{} files", wanted);
  outcome.in_effect =
      outcome.drifts.empty() ? "the same bytes" : fmt::format("{} wrong", outcome.drifts.size());
  // There is always something to compare: a policy that compiles to nothing here is not ours.
  if (wanted == 0) Drift(outcome, "the policy compiles to nothing for {}", directory);
}

void JudgeRulesFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/udev/rules.d/");
}
void JudgeSysctlFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/sysctl.d/");
}
void JudgeLogindFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/systemd/logind.conf.d/");
}
void JudgeSystemFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/systemd/system.conf.d/");
}
void JudgeModprobeFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/modprobe.d/");
}
void JudgeUnitFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/systemd/system/");
}
void JudgeCompiledFiles(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, "/usr/share/betterframe/lockdown/");
}

void JudgeDecidePolicy(const Context& context, Outcome& outcome) {
  JudgeInstalled(context, outcome, stored::kStoredPath);
}

void JudgeForeignRules(const Context& context, Outcome& outcome) {
  outcome.because = context.policy.at;
  outcome.wants = "none that open";
  outcome.evidence = "/etc/udev/rules.d";
  const auto& rules = context.facts.rules;
  if (!NeedAll(outcome, "udev rules", rules.problem)) return;
  const auto found = FindForeignRules(context.expected, rules.items);
  for (const auto& one : found) {
    outcome.evidence = one.at;
    Drift(outcome, "{}: {}", one.at, one.what);
  }
  outcome.in_effect = fmt::format("{} files, {} rules that open", rules.items.size(), found.size());
}

constexpr Row kRows[] = {
    {"rules-files", "udev rules that are not the policy's",
     "installed byte for byte, and no file of the same name in /etc or /run", "all of it",
     "/usr/lib/udev/rules.d", Source::kFiles, JudgeRulesFiles},
    {"foreign-rules", "a rule of somebody else that opens",
     "no other rule writes inhibited, authorized or our variables, or gives tags or modes back",
     "all of it", "/etc/udev/rules.d", Source::kFiles, JudgeForeignRules},
    {"sysctl-files", "sysctl settings that are not the policy's",
     "installed byte for byte, and not overridden", "[console]", "/usr/lib/sysctl.d",
     Source::kFiles, JudgeSysctlFiles},
    {"logind-files", "logind settings that are not the policy's",
     "installed byte for byte, and not overridden", "[console]", "/usr/lib/systemd/logind.conf.d",
     Source::kFiles, JudgeLogindFiles},
    {"system-files", "systemd settings that are not the policy's",
     "installed byte for byte, and not overridden", "[console]", "/usr/lib/systemd/system.conf.d",
     Source::kFiles, JudgeSystemFiles},
    {"modprobe-files", "module settings that are not the policy's",
     "installed byte for byte, and not overridden", "[console]", "/usr/lib/modprobe.d",
     Source::kFiles, JudgeModprobeFiles},
    {"unit-files", "units and masks that are not the policy's",
     "installed byte for byte, and not overridden", "[console]", "/etc/systemd/system",
     Source::kFiles, JudgeUnitFiles},
    {"compiled-files", "lists that the units read", "installed byte for byte", "all of it",
     "/usr/share/betterframe/lockdown", Source::kFiles, JudgeCompiledFiles},
    {"decide-policy", "a decision by another policy than input.toml",
     "what decide judges by is what input.toml compiles to, byte for byte", "all of it",
     stored::kStoredPath, Source::kFiles, JudgeDecidePolicy},
};

}  // namespace

std::span<const Row> FileRows() { return kRows; }

}  // namespace bf::lockdown::check
