// SPDX-License-Identifier: Apache-2.0
#include "core/host/file.h"
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/policy/condition.h"
#include "lockdown/sandbox/start/stored.h"
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
      "{} calls\n",
      compiled.profile.name, ToString(compiled.arch), cost.instructions, cost.worst, cost.mean,
      compiled.proof.calls);
  for (const Rule& rule : compiled.profile.rules) {
    if (rule.syscall->Number(compiled.arch) >= 0) text += Line(rule);
  }
  return text +
         fmt::format("{:<24} {}\n", "(everything else)", ToString(compiled.profile.fallback.value));
}

// For `exec`; whole or not at all.
Status Write(const Compiled& compiled, const std::string& dir) {
  const std::string bytes = Encode(StoredFrom(compiled.profile, compiled.arch, compiled.program));
  const std::string path = fmt::format("{}/{}{}", dir, compiled.profile.name, kStoredSuffix);
  if (bytes.size() > kMostStoredBytes)
    return Fail("{} would have more than {} bytes", path, kMostStoredBytes);
  return host::ReplaceFile(path, bytes, 0644);
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
  if (invocation.Has("--out")) {
    if (invocation.dry_run) return {};
    return Write(compiled, invocation.Get("--out"));
  }
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
           {"--format", "FORMAT", "table, bpf (raw struct sock_filter) or pfc (libseccomp's)"},
           {"--out", "DIR", "write it there instead, as `exec` loads it"}},
          {"PROFILE"},
          ShowFilter};
}

}  // namespace bf::lockdown::sandbox
