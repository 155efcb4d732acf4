// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/verbs/verbs.h"

namespace bf::lockdown::sandbox {
namespace {

std::string Line(const Rule& rule) {
  std::string when;
  for (const Comparison& one : rule.when)
    when += fmt::format("{}{}", when.empty() ? "" : " && ", ToString(*rule.syscall, one));
  return fmt::format("{:<24} {:<8} {}{}{}\n", rule.syscall->name, ToString(rule.action), when,
                     when.empty() ? "" : "  ",
                     fmt::format("# {}:{}{}{}", rule.at.line, rule.at.column,
                                 rule.group.empty() ? "" : " ", rule.group));
}

std::string Table(const Compiled& compiled) {
  const Cost& cost = compiled.proof.cost;
  std::string text = fmt::format(
      "# {} for {}: {} instructions, worst path {}, mean path {:.1f}; agrees with the profile at "
      "{} "
      "calls\n",
      compiled.profile.name, ToString(compiled.arch), cost.instructions, cost.worst, cost.mean,
      compiled.proof.calls);
  for (const Rule& rule : compiled.profile.rules) {
    if (rule.syscall->Number(compiled.arch) >= 0) text += Line(rule);
  }
  return text +
         fmt::format("{:<24} {}\n", "(everything else)", ToString(compiled.profile.fallback.value));
}

Status ShowFilter(cli::Invocation& invocation) {
  const auto arch = ParseArch(invocation.Get("--arch", std::string(ToString(NativeArch()))));
  if (!arch) return FailKind(ErrorKind::kUsage, "--arch is x86_64 or aarch64");
  const std::string format = invocation.Get("--format", "table");
  if (format != "table" && format != "bpf" && format != "pfc")
    return FailKind(ErrorKind::kUsage, "--format is table, bpf or pfc");
  BF_ASSIGN(Profile profile, LoadProfile(invocation.policy_dir, invocation.positionals.front()));
  BF_ASSIGN(const Compiled compiled, CompileProfile(std::move(profile), *arch));
  for (const auto& note : compiled.profile.notes)
    invocation.Say(cli::Level::kWarning, note.at.ToString() + ": " + note.value);
  if (format == "table") invocation.out() << Table(compiled);
  if (format == "bpf") invocation.out() << ToBytes(compiled.program);
  if (format == "pfc") {
    BF_ASSIGN(const std::string text, BuildPfc(compiled.profile, *arch, compiled.shape));
    invocation.out() << text;
  }
  return {};
}

}  // namespace

cli::Verb FilterVerb() {
  return {"filter",
          "compile a sandbox profile, prove it, and show it",
          {{"--arch", "ARCH", "x86_64 or aarch64 (default: this machine's)"},
           {"--format", "FORMAT", "table, bpf (raw struct sock_filter) or pfc (libseccomp's)"}},
          {"PROFILE"},
          ShowFilter};
}

}  // namespace bf::lockdown::sandbox
