// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/host/file.h"
#include "lockdown/check/linux_facts.h"
#include "lockdown/units/aliases.h"
#include "lockdown/units/drop_ins.h"

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

// Where a symlink leads, in the tree below `root`.
std::string TargetOf(const std::string& root, const std::string& link) {
  std::error_code error;
  const fs::path target = fs::read_symlink(host::Under(root, link), error);
  return (fs::path(link).parent_path() / target).lexically_normal().string();
}

// A link to another unit file, as enabled aliases are, is that file; what it says is below `root`.
std::string TextOf(const std::string& root, const std::string& path) {
  std::string at = path;
  for (int links = 0; links < 8; ++links) {
    std::error_code error;
    if (!fs::is_symlink(fs::symlink_status(host::Under(root, at), error))) break;
    at = TargetOf(root, at);
  }
  const auto text = host::ReadFile(host::Under(root, at));
  return text ? *text : "";
}

// Aliases: links in the directories of units to other names in them, those that win. A link to
// elsewhere is a unit by its own name.
units::Links ReadLinks(const std::string& root) {
  units::Links links;
  std::set<std::string> seen;
  for (const auto directory : kUnitDirectories) {
    for (const auto& name : Names(host::Under(root, directory))) {
      if (!seen.insert(name).second) continue;
      const std::string path = fmt::format("{}/{}", directory, name);
      std::error_code error;
      if (!fs::is_symlink(fs::symlink_status(host::Under(root, path), error))) continue;
      std::string target = TargetOf(root, path);
      if (target.starts_with("/lib/")) target = "/usr" + target;
      const auto slash = target.rfind('/');
      const std::string other = target.substr(slash + 1);
      const auto known =
          std::find(kUnitDirectories.begin(), kUnitDirectories.end(), target.substr(0, slash));
      if (known == kUnitDirectories.end() || other == name) continue;
      if (fs::path(other).extension() == fs::path(name).extension()) links.emplace(name, other);
    }
  }
  return links;
}

// The names whose NAME.d directories hold drop-ins of a unit, those that win first: of
// "a-b@1.service" its own, "a-b@.service", and then what stands before the dashes, "a-.service".
void AddDropInNames(const std::string& name, std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  names.push_back(name);
  if (const std::string base = units::TemplateOf(name); !base.empty()) AddDropInNames(base, names);
  const auto at = std::min(name.find('@'), name.rfind('.'));
  if (at == name.npos || at == 0) return;
  // A dash at the end is the one that the last step has cut at.
  const auto dash = name.substr(0, name[at - 1] == '-' ? at - 1 : at).rfind('-');
  if (dash == name.npos || dash == 0) return;
  // The prefix of an instance is an instance too; that of a template is none.
  const auto dot = name.rfind('.');
  const bool instance = name[at] == '@' && dot > at + 1;
  AddDropInNames(name.substr(0, dash + 1) + name.substr(instance ? at : dot), names);
}

void AddDropIns(const std::string& root, const std::string& name, Unit& unit) {
  units::DropIns drop_ins;
  const auto look = [&](units::DropIns::Of of, std::string_view directory, std::string_view whose) {
    const std::string path = fmt::format("{}/{}.d", directory, whose);
    for (const auto& file : Names(host::Under(root, path)))
      if (file.ends_with(".conf")) drop_ins.Add(of, path + "/" + file);
  };
  auto of = units::DropIns::Of::kName;
  for (const auto& one : units::NamesOf(ReadLinks(root), name)) {
    std::vector<std::string> names;
    AddDropInNames(one, names);
    for (const auto directory : kUnitDirectories)
      for (const auto& each : names) look(of, directory, each);
    of = units::DropIns::Of::kAlias;
  }
  for (const auto directory : kUnitDirectories)
    look(units::DropIns::Of::kType, directory, name.substr(name.rfind('.') + 1));
  for (const auto& path : drop_ins.Paths())
    if (!IsMask(root, path)) unit.files.push_back({path, TextOf(root, path)});
}

bool IsGetty(std::string_view name) {
  return name.ends_with(".service") &&
         (name.starts_with("getty@") || name.starts_with("serial-getty@") ||
          name.starts_with("autovt@") || name.starts_with("container-getty@") ||
          name == "console-getty.service");
}

}  // namespace

Unit ReadUnit(const std::string& root, const std::string& name, const ControlGroups& running) {
  Unit unit;
  unit.name = name;
  for (const std::string& candidate : {name, units::TemplateOf(name)}) {
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
  AddDropIns(root, name, unit);
  unit.running = running.Of(name);
  return unit;
}

Seen<Unit> ReadGettys(const std::string& root, const ControlGroups& running) {
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
  for (const auto& [name, groups] : running.by_name)
    if (IsGetty(name)) wanted.try_emplace(name);
  for (auto& [name, by] : wanted) {
    Unit unit = ReadUnit(root, name, running);
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
