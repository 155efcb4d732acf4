// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"
#include "lockdown/check/linux_processes.h"
#include "lockdown/sandbox/start/linux_trusted.h"
#include "lockdown/sandbox/start/stored.h"
#include "lockdown/units/sandboxed.h"

namespace bf::lockdown::check {
namespace fs = std::filesystem;

Seen<SandboxFile> ReadSandboxFiles(const std::string& root) {
  Seen<SandboxFile> files;
  files.problem.clear();
  // As bf-lockdown-exec reads them. What lies below another root belongs to whom that belongs.
  struct stat top {};
  const uid_t owner = root == "/" || ::stat(root.c_str(), &top) != 0 ? 0 : top.st_uid;
  std::error_code error;
  fs::directory_iterator at(host::Under(root, sandbox::kStoredDir), error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    std::string name = at->path().filename().string();
    if (!name.ends_with(sandbox::kStoredSuffix)) continue;
    name.resize(name.size() - sandbox::kStoredSuffix.size());
    auto bytes = sandbox::ReadTrusted(
        root, fmt::format("{}/{}{}", sandbox::kStoredDir, name, sandbox::kStoredSuffix),
        sandbox::kMostStoredBytes, owner);
    files.items.push_back(
        {std::move(name), bytes ? File{File::State::kRead, *std::move(bytes), ""}
                                : File{File::State::kUnreadable, "", bytes.error().ToString()}});
  }
  if (error) files.problem = fmt::format("{}: {}", sandbox::kStoredDir, error.message());
  std::sort(files.items.begin(), files.items.end(),
            [](const auto& a, const auto& b) { return a.profile < b.profile; });
  return files;
}

Seen<Service> ReadServices(const std::string& root, const ControlGroups& running) {
  Seen<Service> services;
  std::vector<std::string> names;
  for (const auto& one : units::kSandboxedUnits) names.emplace_back(one.name);
  services.problem = running.problem;
  for (const auto& [name, groups] : running.by_name) {
    if (units::FindSandboxedUnit(name) == nullptr) continue;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  for (const auto& name : names) {
    Service service{ReadUnit(root, name, running), {}, {}};
    for (const auto& group : service.unit.running) {
      auto pids = PidsBelow(root, group);
      if (!pids.read()) service.problem = std::move(pids.problem);
      for (auto& pid : pids.items)
        if (auto process = ReadProcess(root, pid)) service.processes.push_back(*std::move(process));
    }
    services.items.push_back(std::move(service));
  }
  return services;
}

}  // namespace bf::lockdown::check
