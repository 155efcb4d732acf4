// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/policy.h"
#include "lockdown/sandbox/start/program.h"
#include "lockdown/sandbox/verbs/exec_report.h"
#include "lockdown/sandbox/verbs/verbs.h"

namespace bf::lockdown::sandbox {
namespace {

Status Start(cli::Invocation& invocation) {
  if (invocation.dry_run)
    return FailKind(ErrorKind::kUsage, "exec: there is nothing to be shown without starting it");
  if (invocation.Has("--report")) {
    // Neither stdout nor stderr is ours alone: what reads the one or the other gets the program's.
    if (invocation.json && !invocation.Has("--out"))
      return FailKind(ErrorKind::kUsage, "exec: --json needs --out: stdout is the program's");
    return ExecAndReport(invocation);
  }
  if (invocation.Has("--out") || invocation.json)
    return FailKind(ErrorKind::kUsage, "exec: --out and --json are for what --report says");
  const std::string& profile = invocation.positionals.front();
  if (!GoodProfileName(profile))
    return FailKind(ErrorKind::kUsage, "\"{}\" is not the name of a profile", profile);
  return Failure(StartIn(invocation.root, profile,
                         {invocation.positionals.begin() + 1, invocation.positionals.end()}));
}

}  // namespace

cli::Verb ExecVerb() {
  return {"exec",
          "start a program in the sandbox of a profile",
          {{"--report", "", "stay, and say each kind of system call that is denied, and a summary"},
           {"--out", "FILE", "where the summary goes, not on stderr; --json needs it"}},
          {"PROFILE", "CMD..."},
          Start,
          "Once CMD runs, its own; 126 where it cannot be executed, 127 where there is none."};
}

}  // namespace bf::lockdown::sandbox
