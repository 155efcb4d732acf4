// SPDX-License-Identifier: Apache-2.0
#include "audit/check/check.h"

#include <algorithm>
#include <tuple>

#include "lockdown/compile/compile.h"
#include "lockdown/sandbox/policy/decide.h"
#include "lockdown/sandbox/policy/names.h"

namespace bf::audit {

using lockdown::sandbox::Comparison;

const std::vector<Lint> kLints = {
    {"unknown-file", "a file that no tool reads: nothing holds what it says"},
    {"missing-file", "a policy that every device needs"},
    {"cmdline", "input.toml asks the kernel for a word that layout.toml does not have"},
    {"contradiction", "a profile allows what input.toml shuts"},
    {"no-reason", "a reason that gives none"},
    {"writable-exec", "a path that can be written to and run from"},
    {"expired", "a weakening whose date has passed"},
    {"accepted-stale", "accepted.toml answers for a text that is no longer there"},
    {"not-sandboxed", "a unit of ours that runs outside a sandbox"},
    {"no-profile", "a unit that asks for a profile that is not there"},
    {"other-profile", "a unit of ours that asks for a profile that is not made for it"},
    {"session", "a unit of ours whose PAMName= takes its processes out of it"},
    {"state-lost", "a unit's StateDirectory= or LogsDirectory= that does not outlive a boot"},
};

namespace {

void CheckFiles(const PolicySet& set, std::vector<Finding>& findings) {
  for (const std::string& file : set.unknown)
    findings.push_back({{set.Shown(file), 1, 1},
                        "unknown-file",
                        "no tool reads this file: nothing holds what it says"});
  for (const char* file :
       {"input.toml", "layout.toml", "overlays.toml", "state.toml", "update.toml"}) {
    if (!set.texts.files.contains(file))
      findings.push_back({{set.Shown(file), 1, 1}, "missing-file", "there is no such file"});
  }
}

// Its unit runs for a [[filter]] only, and a policy that has one and uinput off is refused.
constexpr std::string_view kKeyFilter = "bf-input-filter";

// Where a profile lets ioctl(…, command, …) through: by a rule, or by its default.
std::optional<SourceRef> AllowsIoctl(const lockdown::sandbox::Profile& profile,
                                     std::uint64_t command) {
  using namespace lockdown::sandbox;
  for (const Rule& rule : profile.rules) {
    if (rule.syscall->name == "ioctl" && rule.action.allows() &&
        Overlap(rule.when, {Comparison{1, 0xffffffffU, command}}))
      return rule.at;
  }
  constexpr Arch kArch = Arch::kAarch64;
  const Call call{AuditArch(kArch),
                  static_cast<std::uint32_t>(FindSyscall("ioctl")->Number(kArch)),
                  {0, command}};
  if (Oracle(profile, kArch).Decide(call).action.allows()) return profile.fallback.at;
  return std::nullopt;
}

void CheckProfileAgainstInput(std::string_view name, const lockdown::sandbox::Profile& profile,
                              const lockdown::Console& console, std::vector<Finding>& findings) {
  const struct {
    std::string_view constant;
    bool shut;
    const SourceRef& by;
    std::string_view key;
  } kShut[] = {
      {"TIOCSTI", !console.tiocsti.value, console.tiocsti.at, "tiocsti"},
      {"UI_DEV_CREATE", console.uinput.value == lockdown::Nodes::kOff && name != kKeyFilter,
       console.uinput.at, "uinput"},
  };
  for (const auto& one : kShut) {
    const auto value = lockdown::sandbox::Lookup(lockdown::sandbox::Constants(), one.constant);
    if (!one.shut || !value) continue;
    if (const auto at = AllowsIoctl(profile, *value))
      findings.push_back({*at, "contradiction",
                          fmt::format("it allows ioctl {}, and \"{}\" is off at {}", one.constant,
                                      one.key, (one.by ? one.by : console.at).ToString())});
  }
}

}  // namespace

void CheckTogether(const PolicySet& set, std::vector<Finding>& findings) {
  CheckFiles(set, findings);
  if (set.input && set.layout) {
    for (const auto& word : lockdown::CmdlineWords(*set.input)) {
      const bool there =
          std::any_of(set.layout->cmdline.words.begin(), set.layout->cmdline.words.end(),
                      [&](const auto& one) { return one.value == word.word; });
      if (!there)
        findings.push_back({set.layout->cmdline.at, "cmdline",
                            fmt::format("\"{}\" is missing, which {} asks for", word.word,
                                        word.because.ToString())});
    }
  }
  if (!set.input) return;
  for (const auto& [name, profile] : set.sandbox)
    CheckProfileAgainstInput(name, profile, set.input->console, findings);
}

std::vector<Finding> Check(const PolicySet& set, const std::vector<Unit>& units,
                           const std::string& today) {
  std::vector<Finding> findings;
  CheckTogether(set, findings);
  CheckGrants(set, today, findings);
  CheckUnits(set, units, findings);
  const auto key = [](const Finding& one) {
    return std::tie(one.at.file, one.at.line, one.at.column, one.lint, one.message);
  };
  std::sort(findings.begin(), findings.end(),
            [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
  return findings;
}

}  // namespace bf::audit
