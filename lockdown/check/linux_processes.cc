// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/linux_processes.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"
#include "lockdown/check/process_status.h"

namespace bf::lockdown::check {
namespace {

// Z or X: it has ended, and waits to be told of.
bool HasEnded(const File& status) {
  if (status.absent()) return true;
  const auto state = StatusField(status.text, "State");
  return state.starts_with('Z') || state.starts_with('X');
}

// A program's first thread may end before the others do. Then one of those is the process.
std::optional<File> StatusOf(const std::string& root, const std::string& pid) {
  File status = ReadText(root, fmt::format("/proc/{}/status", pid));
  if (!HasEnded(status)) return status;
  const std::string tasks = fmt::format("/proc/{}/task", pid);
  for (const auto& task : host::Entries(host::Under(root, tasks))) {
    File thread =
        ReadText(root, fmt::format("{}/{}/status", tasks, task.substr(task.rfind('/') + 1)));
    if (!HasEnded(thread)) return thread;
  }
  return std::nullopt;
}

// systemd's own child before exec(2), or bf-lockdown-exec before that of the program. Names prove
// nothing, and this only makes the caller look again.
bool IsStarting(const File& status) {
  const auto name = StatusField(status.text, "Name");
  return name.starts_with('(') || name == std::string_view("bf-lockdown-exec").substr(0, 15);
}

}  // namespace

std::optional<Process> ReadProcess(const std::string& root, const std::string& pid) {
  using namespace std::chrono_literals;
  // Starting takes some milliseconds; one that takes longer is taken as it is.
  constexpr int kLooks = 50;
  auto status = StatusOf(root, pid);
  for (int look = 1; look < kLooks && status && IsStarting(*status); ++look) {
    std::this_thread::sleep_for(20ms);
    status = StatusOf(root, pid);
  }
  if (!status) return std::nullopt;
  return Process{pid, *std::move(status)};
}

}  // namespace bf::lockdown::check
