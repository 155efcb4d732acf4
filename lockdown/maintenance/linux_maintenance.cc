// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/linux_maintenance.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <thread>

#include "core/facts/mountinfo.h"
#include "core/host/beneath.h"
#include "core/host/file.h"
#include "core/host/spawn.h"

namespace bf::lockdown::maintenance {
namespace {

constexpr const char* kVerifyProgram = "/usr/libexec/betterframe/bf-verify-ed25519";
constexpr std::int64_t kLookEveryMs = 2000;

void At(const Checkpoint& checkpoint, std::string_view phase) {
  if (checkpoint) checkpoint(phase);
}

// Root's, or of whoever runs a test; nobody else may write to it, or have a name for it.
std::string WrongOwner(const struct stat& stat) {
  if (!S_ISREG(stat.st_mode)) return "it is not a regular file";
  if (stat.st_uid != 0 && stat.st_uid != ::geteuid()) return "it does not belong to root";
  if ((stat.st_mode & 022U) != 0) return "others than root may write to it";
  if (stat.st_nlink != 1) return "it has more than one name";
  return "";
}

Found ReadFound(const Result<host::UniqueFd>& fd, const std::string& path) {
  Found found;
  if (!fd) {
    if (fd.error().sys_errno == ENOENT) return found;
    found.there = true;
    found.problem = fd.error().ToString();
    return found;
  }
  found.there = true;
  struct stat stat {};
  if (::fstat(fd->get(), &stat) != 0)
    found.problem = "it cannot be looked at";
  else
    found.problem = WrongOwner(stat);
  if (!found.problem.empty()) return found;
  auto text = host::ReadAll(fd->get(), path, kLongestFile);
  if (text)
    found.text = *std::move(text);
  else
    found.problem = text.error().ToString();
  return found;
}

Found ReadFound(const host::Beneath& directory, std::string_view relative) {
  const std::string name(relative);
  return ReadFound(directory.OpenAt(name, O_RDONLY | O_NONBLOCK | O_NOCTTY),
                   directory.path() + "/" + name);
}

// control/ itself: whoever may write to it may put any file in it.
std::string WrongDirectory(const host::Beneath& data) {
  const auto stat = data.Stat(std::string(kControl));
  if (!stat) return stat.error().sys_errno == ENOENT ? "" : stat.error().ToString();
  if (!S_ISDIR(stat->st_mode)) return "control is not a directory";
  if (stat->st_uid != 0 && stat->st_uid != ::geteuid()) return "control does not belong to root";
  if ((stat->st_mode & 022U) != 0) return "others than root may write to control";
  return "";
}

bool IsDurable(const Machine& machine) {
  const auto mounts = facts::ReadMountInfo(machine.root);
  if (!mounts) return false;
  const facts::Mount* data = facts::FindMount(*mounts, machine.data);
  return data != nullptr && data->fs_type != "tmpfs" && data->Writable();
}

Result<host::Beneath> OpenRun(const std::string& root) {
  return host::Beneath::Open(host::Under(root, kRunDirectory));
}

}  // namespace

Verifier HelperVerifier() {
  return [](const std::string& key, const std::string& signature,
            const std::string& message) -> Result<bool> {
    host::Command command;
    command.argv = {kVerifyProgram, key, signature};
    command.timeout = std::chrono::seconds(10);
    command.input = message;
    BF_ASSIGN(const host::Completed completed, host::Run(command));
    if (completed.ok()) return true;
    if (completed.exit_code == 1) return false;
    return Fail("{}", completed.Explain(command));
  };
}

Now ReadNow(const std::string& root) {
  Now now;
  if (auto id = host::ReadLine(host::Under(root, "/etc/machine-id"))) now.machine = *std::move(id);
  if (auto id = host::ReadLine(host::Under(root, "/proc/sys/kernel/random/boot_id")))
    now.boot = *std::move(id);
  struct timespec time {};
  now.boottime_ms = ::clock_gettime(CLOCK_BOOTTIME, &time) == 0
                        ? std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000
                        : -1;
  return now;
}

// No openat2 here: what udev starts is under RestrictSUIDSGID=, which answers ENOSYS to it. The
// directory is root's, in /run.
Found ReadWindow(const std::string& root) {
  const std::string path = host::Under(root, fmt::format("{}/{}", kRunDirectory, kWindow));
  return ReadFound(host::Open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW), path);
}

TokenFacts ReadToken(const Machine& machine, const Policy& policy) {
  TokenFacts facts;
  const auto data = host::Beneath::Open(host::Under(machine.root, machine.data));
  if (!data) {
    facts.token.problem = data.error().ToString();
    return facts;
  }
  facts.durable = IsDurable(machine);
  facts.token.problem = WrongDirectory(*data);
  if (!facts.token.problem.empty()) return facts;
  facts.token = ReadFound(*data, kToken);
  facts.used = ReadFound(*data, kUsed);
  const auto token = ParseToken(facts.token.text);
  if (!token || token->signature.empty() ||
      policy.maintenance.window.value != lockdown::Window::kSigned)
    return facts;
  const auto good =
      machine.verify(policy.maintenance.key.value, token->signature, SignedText(*token));
  if (good) facts.signature = *good ? Signature::kGood : Signature::kBad;
  return facts;
}

Result<Window> StartWindow(const Machine& machine, const Policy& policy, const Now& now,
                           const Checkpoint& checkpoint) {
  const Start start = JudgeToken(policy, ReadToken(machine, policy), now);
  if (!start.window) return FailKind(ErrorKind::kRefused, "no maintenance window: {}", start.why);
  BF_ASSIGN(const auto data, host::Beneath::Open(host::Under(machine.root, machine.data)));
  const std::string used = ToText(Used{start.window->number});
  At(checkpoint, "record the token as used");
  BF_TRY_DOING(data.ReplaceFile(std::string(kUsed), used, 0600), "record the token as used");
  const Found back = ReadFound(data, kUsed);
  if (back.text != used) return Fail("the record of used tokens does not read as it was written");
  BF_ASSIGN(const auto run, OpenRun(machine.root));
  At(checkpoint, "open the window");
  BF_TRY_DOING(run.ReplaceFile(std::string(kWindow), ToText(*start.window), 0644),
               "open the window");
  return *start.window;
}

Status WriteToken(const Machine& machine, std::string_view text, const Checkpoint& checkpoint) {
  BF_ASSIGN(const auto data, host::Beneath::Open(host::Under(machine.root, machine.data)));
  At(checkpoint, "make control");
  BF_TRY(data.MakeDirectory(std::string(kControl), 0700, ::geteuid(), ::getegid()));
  At(checkpoint, "write the token");
  return data.ReplaceFile(std::string(kToken), text, 0600);
}

Status EndWindow(const Machine& machine, const Checkpoint& checkpoint) {
  const auto absent = [](const Error& error) { return error.sys_errno == ENOENT; };
  if (auto run = OpenRun(machine.root); run) {
    At(checkpoint, "close the window");
    BF_TRY_DOING(run->RemoveTree(std::string(kWindow)), "close the window");
  } else if (!absent(run.error())) {
    return Failure(std::move(run).error().Context("close the window"));
  }
  auto data = host::Beneath::Open(host::Under(machine.root, machine.data));
  if (!data) return absent(data.error()) ? Status() : Failure(std::move(data).error());
  At(checkpoint, "remove the token");
  BF_TRY_DOING(data->RemoveTree(std::string(kToken)), "remove the token");
  return {};
}

State WaitForEnd(const std::string& root, const Policy& policy) {
  for (;;) {
    State state = MaintenanceNow(policy, ReadWindow(root), ReadNow(root));
    if (!state.open) return state;
    // Short steps: the clock of the wait stops while the device sleeps, and `close` removes the
    // window before its time.
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(state.left_ms, kLookEveryMs)));
  }
}

}  // namespace bf::lockdown::maintenance

namespace bf::lockdown {

Result<Situation> ReadSituation(const std::string& root, const Policy& policy) {
  Situation situation;
  // No file is read for a policy without it: `decide` runs for each device.
  if (policy.maintenance.window.value == Window::kOff) return situation;
  const auto found = maintenance::ReadWindow(root);
  if (!found.there && found.problem.empty()) return situation;
  situation.maintenance =
      maintenance::MaintenanceNow(policy, found, maintenance::ReadNow(root)).open;
  if (!found.problem.empty()) return Fail("maintenance window: {}", found.problem);
  return situation;
}

}  // namespace bf::lockdown
