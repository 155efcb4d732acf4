// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/linux_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/host/file.h"

namespace bf::lockdown::check {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostGroups = 20000;

}  // namespace

Seen<std::string> GroupsBelow(const std::string& root, const std::string& top) {
  Seen<std::string> groups;
  groups.problem.clear();
  groups.items.push_back(top);
  for (std::size_t next = 0; next < groups.items.size(); ++next) {
    const std::string group = groups.items[next];
    std::vector<std::string> below;
    std::error_code error;
    for (fs::directory_iterator at(host::Under(root, group), error), end; !error && at != end;
         at.increment(error)) {
      std::error_code gone;
      if (at->is_directory(gone) && !at->is_symlink(gone))
        below.push_back(group + "/" + at->path().filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory)
      groups.problem = fmt::format("{}: {}", group, error.message());
    std::sort(below.begin(), below.end());
    groups.items.insert(groups.items.end(), below.begin(), below.end());
    if (groups.items.size() > kMostGroups) {
      groups.problem = fmt::format("{} has more than {} control groups", top, kMostGroups);
      break;
    }
  }
  return groups;
}

std::vector<std::string> ControlGroups::Of(const std::string& unit) const {
  const auto found = by_name.find(unit);
  return found == by_name.end() ? std::vector<std::string>{} : found->second;
}

ControlGroups ReadControlGroups(const std::string& root) {
  ControlGroups groups;
  auto all = GroupsBelow(root, std::string(kControlGroups));
  for (auto& path : all.items)
    groups.by_name[path.substr(path.rfind('/') + 1)].push_back(std::move(path));
  groups.problem = std::move(all.problem);
  // Every machine with systemd has it: without these nobody can say what runs.
  if (!groups.by_name.contains("system.slice"))
    groups.problem = fmt::format("{}/system.slice is not there", kControlGroups);
  return groups;
}

Seen<std::string> PidsBelow(const std::string& root, const std::string& group) {
  Seen<std::string> pids;
  auto groups = GroupsBelow(root, group);
  pids.problem = std::move(groups.problem);
  for (const auto& one : groups.items) {
    const auto text = host::ReadFile(host::Under(root, one + "/cgroup.procs"));
    if (!text) {
      const int code = text.error().sys_errno;
      if (code == ENOENT || code == ENODEV) continue;  // it has ended
      pids.problem = text.error().ToString();
      continue;
    }
    std::string_view rest = *text;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      if (end != 0) pids.items.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return pids;
}

}  // namespace bf::lockdown::check
