// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/verbs/exec_report.h"

#include <cstring>

#include "core/host/output.h"
#include "lockdown/sandbox/filter/linux_compile.h"
#include "lockdown/sandbox/start/linux_descriptors.h"
#include "lockdown/sandbox/watch/linux_end.h"
#include "lockdown/sandbox/watch/notifying.h"
#include "lockdown/sandbox/watch/report.h"

namespace bf::lockdown::sandbox {
namespace {

Answer AnswerFor(Action action) {
  if (action.kind == ActionKind::kKill) return {Reply::kKill, 0};
  if (action.kind == ActionKind::kError) return {Reply::kError, action.error};
  // The filter denied it, so the profile cannot allow it: that has been proved. Never let through.
  return {};
}

void SayDue(cli::Invocation& invocation, const std::string& profile, Ledger& ledger) {
  while (const Denied* one = ledger.Next(Ledger::Clock::now()))
    invocation.Say(cli::Level::kWarning, fmt::format("{}: {}", profile, LineOf(*one)));
  invocation.streams.err.flush();
}

Ending EndingOf(const Ended& ended) {
  if (ended.signal == 0) return {ended.code, {}};
  const char* name = ::sigabbrev_np(ended.signal);
  return {ended.code,
          name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", ended.signal)};
}

Status WriteReport(cli::Invocation& invocation, const Profile& profile, const Ledger& ledger,
                   const Ending& ending) {
  const std::string text =
      invocation.json ? ReportJson(profile, ledger, ending) : ReportText(profile, ledger, ending);
  if (invocation.Has("--out")) return host::WriteOutput(invocation.Get("--out"), text);
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    invocation.Say(cli::Level::kNotice, rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  invocation.streams.err.flush();
  return {};
}

}  // namespace

Status ExecAndReport(cli::Invocation& invocation) {
  BF_TRY(FillStandardDescriptors());
  // Else what the program did would be known to nobody.
  if (invocation.Has("--out")) BF_TRY(host::CheckOutput(invocation.Get("--out")));
  const std::string& name = invocation.positionals.front();
  BF_ASSIGN(Profile profile, LoadProfile(invocation.policy_dir, name));
  BF_ASSIGN(const Compiled compiled, CompileProfile(std::move(profile), NativeArch()));
  const Oracle oracle(compiled.profile, compiled.arch);
  const Stored stored = StoredFrom(compiled.profile, compiled.arch, compiled.program);
  Ledger ledger(oracle);
  const std::vector<std::string> command(invocation.positionals.begin() + 1,
                                         invocation.positionals.end());
  const Watcher watcher{[&](const Call& call, const Task& task) {
                          const Verdict verdict = oracle.Decide(call);
                          ledger.Add(call, verdict, [&] { return task.Ask(); });
                          // Before it is killed: what is said about it comes first.
                          SayDue(invocation, name, ledger);
                          return AnswerFor(verdict.action);
                        },
                        [&] {
                          SayDue(invocation, name, ledger);
                          return ledger.Wait(Ledger::Clock::now());
                        },
                        false};
  const auto ended =
      RunWatched({NotifyingDenials(compiled.program), command,
                  [&](const auto& given) { return Prepare(stored, command, given); }},
                 watcher);
  if (!ended) return Failure(Error(ended.error()).Context(name));
  BF_TRY(WriteReport(invocation, compiled.profile, ledger, EndingOf(*ended)));
  invocation.exit_code = EndLike(*ended);
  return {};
}

}  // namespace bf::lockdown::sandbox
