// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/start/program.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "core/cli/exit_code.h"
#include "lockdown/sandbox/start/linux_descriptors.h"
#include "lockdown/sandbox/start/linux_enter.h"
#include "lockdown/sandbox/start/linux_prepare.h"
#include "lockdown/sandbox/start/linux_trusted.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr uid_t kOwner = 0;

struct Request {
  std::string root = "/";
  std::string profile;
  std::vector<std::string> command;
};

Result<Request> Parse(const std::vector<std::string>& args) {
  Request request;
  auto next = args.begin();
  if (args.size() >= 2 && *next == "--root") {
    request.root = *(next + 1);
    next += 2;
  }
  if (args.end() - next < 3 || *(next + 1) != "--" || !GoodProfileName(*next))
    return FailKind(ErrorKind::kUsage,
                    "what is asked for is PROFILE -- CMD [ARG]...; see "
                    "bf-lockdown(8)");
  request.profile = *next;
  request.command.assign(next + 2, args.end());
  return request;
}

Result<Stored> Load(const Request& request) {
  const std::string path = fmt::format("{}/{}{}", kStoredDir, request.profile, kStoredSuffix);
  BF_ASSIGN(const std::string bytes, ReadTrusted(request.root, path, kMostStoredBytes, kOwner));
  auto stored = Decode(bytes);
  if (!stored) return Failure(std::move(stored).error().Context(path));
  if (stored->profile != request.profile)
    return FailKind(ErrorKind::kRefused, "{}: it is the profile \"{}\"", path, stored->profile);
  if (stored->arch != AuditArch(NativeArch()))
    return FailKind(ErrorKind::kRefused, "{}: it was compiled for another architecture", path);
  return stored;
}

Status Start(const Request& request) {
  BF_TRY(FillStandardDescriptors());
  BF_ASSIGN(const Stored stored, Load(request));
  BF_ASSIGN(const Ready ready, Prepare(stored, request.command, GivenEnvironment()));
  return Failure(Enter(stored.program, ready.program, request.command, ready.environment));
}

int Report(const Error& error) {
  // As cli::Invocation::Say has it; but no iostreams, which take longer to set up than all this.
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr && ::isatty(STDERR_FILENO) != 1;
  (void)std::fprintf(stderr, "%sbf-lockdown-exec: %s\n", journal ? "<3>" : "",
                     error.ToString().c_str());
  return cli::ExitCode(error.kind);
}

}  // namespace

Error StartIn(const std::string& root, const std::string& profile,
              const std::vector<std::string>& command) {
  return Error(Start({root, profile, command}).error()).Context(profile);
}

int RunExec(const std::vector<std::string>& args) {
  try {
    const auto request = Parse(args);
    if (!request) return Report(request.error());
    return Report(StartIn(request->root, request->profile, request->command));
  } catch (const std::exception& error) {
    return Report({ErrorKind::kInternal, error.what(), {}, 0});
  }
}

}  // namespace bf::lockdown::sandbox
