// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/linux_learn.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "lockdown/sandbox/start/environment.h"
#include "lockdown/sandbox/start/linux_descriptors.h"
#include "lockdown/sandbox/start/linux_enter.h"
#include "lockdown/sandbox/watch/notifying.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::string_view kPath = "/usr/sbin:/usr/bin:/sbin:/bin";

// A user who has no capabilities has none to give up.
Result<Ready> PrepareAsUser(const Stored& stored, const std::vector<std::string>& command,
                            const std::vector<std::string>& given) {
  Ready ready;
  ready.environment = EnvironmentFor(stored, given);
  BF_ASSIGN(const unsigned handed_over, HandedOver(stored, given, ::getpid()));
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return FailErrno(errno, "no_new_privs");
  const auto path = ValueOf(ready.environment, "PATH");
  BF_ASSIGN(ready.program, FindProgram(command.front(), path.empty() ? kPath : path));
  BF_TRY(LimitDescriptors(stored, handed_over));
  return ready;
}

Stored StoredFor(Learned& learned) {
  const auto given = GivenEnvironment();
  Stored stored;
  learned.activation = ValueOf(given, "LISTEN_PID") == fmt::format("{}", ::getpid());
  stored.activation = learned.activation;
  for (const std::string& entry : given) {
    const std::string name = entry.substr(0, entry.find('='));
    // Those come with the descriptors.
    if (name.starts_with("LISTEN_") || !MayKeepVariable(name)) continue;
    learned.environment.insert(name);
    stored.keep.push_back(name);
  }
  stored.bounding = stored.permitted = stored.ambient = learned.capabilities;
  return stored;
}

}  // namespace

Result<Lesson> Learn(const std::vector<std::string>& command, std::uint64_t capabilities) {
  const bool root = ::geteuid() == 0;
  if (!root && capabilities != 0)
    return FailKind(ErrorKind::kUsage, "only user 0 can start a program with capabilities");
  BF_TRY(FillStandardDescriptors());
  Recorder recorder(NativeArch());
  Learned& learned = recorder.learned();
  learned.capabilities = capabilities;
  learned.programs.insert(command.front());
  const Stored stored = StoredFor(learned);
  const Watcher watcher{[&](const Call& call, const Task&) {
                          return recorder.Add(call) ? Answer{Reply::kContinue, 0} : Answer{};
                        },
                        nullptr, true};
  BF_ASSIGN(const Ended ended, RunWatched({NotifyingAll(), command,
                                           [&](const auto& given) {
                                             return root ? Prepare(stored, command, given)
                                                         : PrepareAsUser(stored, command, given);
                                           }},
                                          watcher));
  return Lesson{std::move(learned), ended};
}

}  // namespace bf::lockdown::sandbox
