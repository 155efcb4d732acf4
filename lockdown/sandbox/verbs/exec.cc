// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "core/host/file.h"
#include "lockdown/sandbox/start/stored.h"
#include "lockdown/sandbox/verbs/exec_report.h"
#include "lockdown/sandbox/verbs/verbs.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::string_view kProgram = "/usr/libexec/betterframe/bf-lockdown-exec";

// Becomes the small program that units start: there is one way into a sandbox.
Status Start(cli::Invocation& invocation) {
  if (invocation.dry_run)
    return FailKind(ErrorKind::kUsage, "exec: there is nothing to be shown without starting it");
  if (invocation.Has("--report")) return ExecAndReport(invocation);
  if (invocation.Has("--out") || invocation.json)
    return FailKind(ErrorKind::kUsage, "exec: --out and --json are for what --report says");
  std::vector<std::string> words = {std::string(kProgram)};
  if (invocation.root != "/") words.insert(words.end(), {"--root", invocation.root});
  words.push_back(invocation.positionals.front());
  words.emplace_back("--");
  words.insert(words.end(), invocation.positionals.begin() + 1, invocation.positionals.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const std::string program = host::Under(invocation.root, kProgram);
  ::execv(program.c_str(), argv.data());
  return FailErrno(errno, "start {}", program);
}

}  // namespace

cli::Verb ExecVerb() {
  return {"exec",
          "start a program in the sandbox of a profile",
          {{"--report", "", "stay, and say each kind of system call that is denied, and a summary"},
           {"--out", "FILE", "where the summary goes, not on stderr"}},
          {"PROFILE", "CMD..."},
          Start};
}

}  // namespace bf::lockdown::sandbox
