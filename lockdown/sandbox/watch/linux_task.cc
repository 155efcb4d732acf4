// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/linux_task.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr std::size_t kMostStatus = 64 << 10;

std::string_view Field(std::string_view status, std::string_view name) {
  const auto at = status.find(name);
  if (at == status.npos) return {};
  const auto rest = status.substr(at + name.size());
  return rest.substr(0, rest.find('\n'));
}

}  // namespace

bool Task::Waits() const {
  std::uint64_t id = id_;
  return ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

Who Task::Ask() const {
  Who who;
  const auto status = host::ReadFile(fmt::format("/proc/{}/status", thread_), kMostStatus);
  if (!status || !Waits()) return who;
  // A process writes its own name, but the kernel escapes line ends in it here.
  who.name = Field(*status, "Name:\t");
  const auto process = Field(*status, "\nTgid:\t");
  std::from_chars(process.data(), process.data() + process.size(), who.process);
  return who;
}

pid_t Task::Kill() const {
  const Who who = Ask();
  if (who.process <= 0) return -1;
  const host::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, who.process, 0)));
  // What waits has a number that nobody else has, and what it belongs to as well.
  if (!pidfd.valid() || !Waits()) return -1;
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) != 0) return -1;
  return who.process;
}

}  // namespace bf::lockdown::sandbox
