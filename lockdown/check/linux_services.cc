// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"
#include "lockdown/check/sandboxed_units.h"
#include "lockdown/sandbox/start/stored.h"

namespace bf::lockdown::check {
namespace {

namespace fs = std::filesystem;

// Those of a control group and of the groups below it, which a service may make for itself.
std::vector<std::string> Pids(const std::string& root, const std::string& group) {
  std::vector<std::string> pids;
  const auto take = [&](const fs::path& path) {
    const auto text = host::ReadFile(path.string());
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      if (end != 0) pids.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  };
  const fs::path top = host::Under(root, group);
  take(top / "cgroup.procs");
  std::error_code error;
  for (fs::recursive_directory_iterator at(top, error), end; !error && at != end;
       at.increment(error))
    if (at->is_directory(error)) take(at->path() / "cgroup.procs");
  return pids;
}

std::vector<Process> ReadProcesses(const std::string& root, const std::string& group) {
  std::vector<Process> processes;
  for (auto& pid : Pids(root, group)) {
    File status = ReadText(root, fmt::format("/proc/{}/status", pid));
    // It has ended since, or only waits to be told of.
    const bool ended = status.absent() || status.text.find("\nState:\tZ") != std::string::npos;
    if (!ended) processes.push_back({std::move(pid), std::move(status)});
  }
  return processes;
}

}  // namespace

Seen<SandboxFile> ReadSandboxFiles(const std::string& root) {
  Seen<SandboxFile> files;
  files.problem.clear();
  std::error_code error;
  fs::directory_iterator at(host::Under(root, sandbox::kStoredDir), error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.ends_with(sandbox::kStoredSuffix)) continue;
    name.resize(name.size() - sandbox::kStoredSuffix.size());
    auto bytes = host::ReadFile(at->path().string(), sandbox::kMostStoredBytes);
    files.items.push_back(
        {std::move(name), bytes ? File{File::State::kRead, *std::move(bytes), ""}
                                : File{File::State::kUnreadable, "", bytes.error().ToString()}});
  }
  if (error) files.problem = fmt::format("{}: {}", sandbox::kStoredDir, error.message());
  std::sort(files.items.begin(), files.items.end(),
            [](const auto& a, const auto& b) { return a.profile < b.profile; });
  return files;
}

Seen<Service> ReadServices(const std::string& root) {
  Seen<Service> services;
  std::vector<std::string> names;
  for (const auto& one : kSandboxedUnits) names.emplace_back(one.name);
  const auto running = RunningUnits(root);
  services.problem = running.problem;
  for (const auto& name : running.items) {
    if (FindSandboxedUnit(name) == nullptr) continue;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  for (const auto& name : names) {
    Service service{ReadUnit(root, name), {}};
    if (!service.unit.running.empty())
      service.processes = ReadProcesses(root, service.unit.running);
    services.items.push_back(std::move(service));
  }
  return services;
}

}  // namespace bf::lockdown::check
