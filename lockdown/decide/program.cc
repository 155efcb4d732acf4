// SPDX-License-Identifier: Apache-2.0
#include "lockdown/decide/program.h"

#include <unistd.h>

#include <cstdio>
#include <exception>

#include "core/cli/exit_code.h"
#include "lockdown/apply/ask.h"
#include "lockdown/apply/linux_audit.h"
#include "lockdown/decide/source.h"

namespace bf::lockdown {
namespace {

// No std::cerr: to set up iostreams takes as long as to decide.
void Say(const std::string& message) {
  (void)std::fprintf(stderr, "bf-lockdown-decide: %s\n", message.c_str());
}

// udev tells nobody why a program that it asked has failed.
int Deny(const std::string& devpath, const std::string& why, int code) {
  Say(why);
  // There may be no descriptor left for the journal; nothing is read from this one.
  ::close(STDIN_FILENO);
  Audit(fmt::format("deny {}: {}", devpath, why), true);
  return code;
}

int AskAndTell(const std::string& gate, const std::string& devpath) {
  const auto reply = Ask(
      {"/", gate, devpath}, [] { return OpenStoredPolicy("/"); }, Say);
  if (!reply) return Deny(devpath, reply.error().ToString(), cli::ExitCode(reply.error().kind));
  for (const std::string& line : reply->audit) (void)std::fprintf(stderr, "%s\n", line.c_str());
  // What udev has not heard is no answer.
  if (std::printf("%s\n", reply->line.c_str()) < 0 || std::fflush(stdout) != 0)
    return cli::kExitFailed;
  return cli::kExitDone;
}

}  // namespace

int RunDecide(const std::vector<std::string>& args) {
  if (args.size() != 2) {
    Say("what is asked for is GATE DEVPATH; see bf-lockdown(8)");
    return cli::kExitUsage;
  }
  try {
    return AskAndTell(args[0], args[1]);
  } catch (const std::exception& error) {
    return Deny(args[1], fmt::format("internal error: {}", error.what()), cli::kExitInternal);
  }
}

}  // namespace bf::lockdown
