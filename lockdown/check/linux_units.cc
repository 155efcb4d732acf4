// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"

namespace bf::lockdown::check {
namespace {

namespace fs = std::filesystem;

// systemd.unit(5), first one first.
constexpr std::array<std::string_view, 12> kUnitDirectories = {
    "/etc/systemd/system.control",   "/run/systemd/system.control",  "/run/systemd/transient",
    "/run/systemd/generator.early",  "/etc/systemd/system",          "/etc/systemd/system.attached",
    "/run/systemd/system",           "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",      "/run/systemd/generator.late"};
constexpr std::array<std::string_view, 4> kPrefixes = {"/etc", "/run", "/usr/local/lib",
                                                       "/usr/lib"};

std::vector<std::string> Names(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

// An empty file, or a link to /dev/null.
bool IsMask(const std::string& root, const std::string& path) {
  std::error_code error;
  const std::string real = host::Under(root, path);
  if (fs::is_symlink(fs::symlink_status(real, error)))
    return fs::read_symlink(real, error) == "/dev/null";
  return fs::is_regular_file(real, error) && fs::file_size(real, error) == 0 && !error;
}

bool Exists(const std::string& root, const std::string& path) {
  std::error_code error;
  return fs::symlink_status(host::Under(root, path), error).type() != fs::file_type::not_found;
}

// "getty@tty1.service" → "getty@.service"; "" for what is no instance.
std::string TemplateOf(const std::string& name) {
  const auto at = name.find('@');
  const auto dot = name.rfind('.');
  if (at == name.npos || dot == name.npos || dot <= at + 1) return "";
  return name.substr(0, at + 1) + name.substr(dot);
}

// A link to another unit file, as enabled aliases are, is that file; what it says is below `root`.
std::string TextOf(const std::string& root, const std::string& path) {
  std::string at = path;
  for (int links = 0; links < 8; ++links) {
    std::error_code error;
    const fs::path real = host::Under(root, at);
    if (!fs::is_symlink(fs::symlink_status(real, error))) break;
    const fs::path target = fs::read_symlink(real, error);
    at = (target.is_absolute() ? target : (fs::path(at).parent_path() / target).lexically_normal())
             .string();
  }
  const auto text = host::ReadFile(host::Under(root, at));
  return text ? *text : "";
}

void AddDropIns(const std::string& root, const std::string& name, Unit& unit) {
  std::map<std::string, std::string> by_name;
  for (const auto directory : kUnitDirectories) {
    const std::string path = fmt::format("{}/{}.d", directory, name);
    for (const auto& file : Names(host::Under(root, path)))
      if (file.ends_with(".conf")) by_name.emplace(file, path + "/" + file);
  }
  for (const auto& [file, path] : by_name)
    if (!IsMask(root, path)) unit.files.push_back({path, TextOf(root, path)});
}

// A control group of its own is what a running unit has, somewhere below system.slice.
std::string ControlGroup(const std::string& root, const std::string& name) {
  const std::string top = "/sys/fs/cgroup/system.slice";
  if (Exists(root, top + "/" + name)) return top + "/" + name;
  for (const auto& slice : Names(host::Under(root, top))) {
    if (!slice.ends_with(".slice")) continue;
    std::string path = fmt::format("{}/{}/{}", top, slice, name);
    if (Exists(root, path)) return path;
  }
  return "";
}

bool IsGetty(std::string_view name) {
  return name.ends_with(".service") &&
         (name.starts_with("getty@") || name.starts_with("serial-getty@") ||
          name.starts_with("autovt@") || name.starts_with("container-getty@") ||
          name == "console-getty.service");
}

}  // namespace

Unit ReadUnit(const std::string& root, const std::string& name) {
  Unit unit;
  unit.name = name;
  for (const std::string& candidate : {name, TemplateOf(name)}) {
    if (candidate.empty() || !unit.path.empty()) continue;
    for (const auto directory : kUnitDirectories) {
      const std::string path = fmt::format("{}/{}", directory, candidate);
      if (!Exists(root, path)) continue;
      unit.path = path;
      unit.masked = IsMask(root, path);
      if (!unit.masked) unit.files.push_back({path, TextOf(root, path)});
      break;
    }
  }
  if (const std::string base = TemplateOf(name); !base.empty()) AddDropIns(root, base, unit);
  AddDropIns(root, name, unit);
  unit.running = ControlGroup(root, name);
  return unit;
}

Seen<std::string> RunningUnits(const std::string& root) {
  const std::string top = "/sys/fs/cgroup/system.slice";
  Seen<std::string> units;
  std::vector<std::string> groups = {top};
  for (const auto& slice : Names(host::Under(root, top)))
    if (slice.ends_with(".slice")) groups.push_back(top + "/" + slice);
  for (const auto& group : groups) {
    for (auto& name : Names(host::Under(root, group))) units.items.push_back(std::move(name));
  }
  // Without these nobody can say what runs.
  units.problem = Exists(root, top) ? "" : top + " is not there";
  return units;
}

Seen<Unit> ReadGettys(const std::string& root) {
  Seen<Unit> gettys;
  std::map<std::string, std::vector<std::string>> wanted;
  for (const auto directory : kUnitDirectories) {
    for (const auto& below : Names(host::Under(root, directory))) {
      if (!below.ends_with(".wants") && !below.ends_with(".requires")) continue;
      const std::string path = fmt::format("{}/{}", directory, below);
      for (const auto& name : Names(host::Under(root, path)))
        if (IsGetty(name)) wanted[name].push_back(path + "/" + name);
    }
  }
  const auto running = RunningUnits(root);
  for (const auto& name : running.items)
    if (IsGetty(name)) wanted.try_emplace(name);
  for (auto& [name, by] : wanted) {
    Unit unit = ReadUnit(root, name);
    unit.wanted_by = std::move(by);
    gettys.items.push_back(std::move(unit));
  }
  gettys.problem = running.problem;
  return gettys;
}

std::vector<std::string> FindOthers(const std::string& root, const std::string& path) {
  std::vector<std::string> others;
  const auto look = [&](std::string other) {
    if (other != path && Exists(root, other)) others.push_back(std::move(other));
  };
  constexpr std::string_view kSystem = "/systemd/system/";
  if (const auto at = path.find(kSystem); at != path.npos) {
    const std::string rest = path.substr(at + kSystem.size());
    for (const auto directory : kUnitDirectories) {
      if (path.starts_with(fmt::format("{}/", directory))) break;
      look(fmt::format("{}/{}", directory, rest));
    }
    return others;
  }
  const auto ours = std::find_if(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) {
    return path.starts_with(fmt::format("{}/", prefix));
  });
  if (ours == kPrefixes.end()) return others;
  for (auto prefix = kPrefixes.begin(); prefix != ours; ++prefix)
    look(fmt::format("{}{}", *prefix, path.substr(ours->size())));
  return others;
}

}  // namespace bf::lockdown::check
