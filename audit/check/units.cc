// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "audit/check/check.h"
#include "audit/diff/writable.h"

namespace bf::audit {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = Trim(text)).empty()) {
    const auto end = std::min(text.find_first_of(" \t"), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

// Ours by their names, as the installation has them.
bool IsOurs(std::string_view name) {
  return (name.starts_with("bf-") || name.starts_with("betterframe-")) &&
         name.ends_with(".service");
}

// "bf-lockdown exec PROFILE -- …" or the program it becomes; the profile, or "".
std::string ProfileOf(const std::vector<std::string>& command) {
  if (command.empty()) return {};
  // systemd.service(5): "@", "-", ":", "+" and "!" may stand in front of the program; with "@" the
  // next word is its argv[0].
  const std::size_t prefix = std::min(command[0].find('/'), command[0].size());
  const std::string program = command[0].substr(prefix);
  if (command[0].substr(0, prefix).find('@') != std::string::npos) return {};
  std::size_t at = 0;
  if (program == "/usr/bin/bf-lockdown" && command.size() > 2 && command[1] == "exec")
    at = 2;
  else if (program == "/usr/libexec/betterframe/bf-lockdown-exec" && command.size() > 1)
    at = 1;
  return at == 0 ? std::string() : command[at];
}

void CheckSandboxed(const PolicySet& set, const Unit& unit, std::vector<Finding>& findings) {
  for (const UnitLine& line : unit.lines) {
    if (line.section != "Service" || !line.key.starts_with("Exec") || line.value.empty()) continue;
    const std::string profile = ProfileOf(Words(line.value));
    if (profile.empty())
      findings.push_back({line.at, "not-sandboxed",
                          fmt::format("{} of {} runs outside a sandbox", line.key, unit.name)});
    else if (!profile.empty() && !set.sandbox.contains(profile))
      findings.push_back(
          {line.at, "no-profile",
           fmt::format("{} asks for the profile \"{}\", and there is none", unit.name, profile)});
  }
}

void CheckState(const std::vector<Writable>& writable, const Unit& unit,
                std::vector<Finding>& findings) {
  const auto* dynamic = unit.Find("Service", "DynamicUser");
  const bool is_private =
      dynamic != nullptr && (dynamic->value == "yes" || dynamic->value == "true" ||
                             dynamic->value == "1" || dynamic->value == "on");
  const struct {
    std::string_view key;
    std::string_view place;
  } kDirectories[] = {{"StateDirectory", "/var/lib"}, {"LogsDirectory", "/var/log"}};
  for (const UnitLine& line : unit.lines) {
    if (line.section != "Service") continue;
    for (const auto& directory : kDirectories) {
      if (line.key != directory.key) continue;
      for (const std::string& name : Words(line.value)) {
        const std::string path =
            fmt::format("{}{}/{}", directory.place, is_private ? "/private" : "",
                        name.substr(0, name.find(':')));
        const Writable* one = Deciding(writable, path);
        if (one != nullptr && one->keeps != Keeps::kBoot) continue;
        findings.push_back(
            {line.at, "state-lost",
             fmt::format("{}= of {}: {} is {}", line.key, unit.name, path,
                         one == nullptr ? "on no writable path" : "gone at the next boot")});
      }
    }
  }
}

}  // namespace

const UnitLine* Unit::Find(std::string_view section, std::string_view key) const {
  const UnitLine* last = nullptr;
  for (const UnitLine& line : lines) {
    if (line.section == section && line.key == key) last = &line;
  }
  return last;
}

void Unit::Add(UnitLine line) {
  if (line.value.empty()) {
    std::erase_if(lines, [&](const UnitLine& one) {
      return one.section == line.section && one.key == line.key;
    });
    return;
  }
  lines.push_back(std::move(line));
}

void AddDropIn(Unit& unit, std::string_view text, const std::string& file) {
  std::string section;
  std::string pending;  // a line that goes on after a backslash
  SourceRef at{file, 0, 1};
  int number = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    const auto trimmed = Trim(line);
    if (trimmed.starts_with('#') || trimmed.starts_with(';')) continue;
    if (pending.empty()) at.line = number;
    // The last line of a file has nothing to go on with.
    if (trimmed.ends_with('\\')) {
      pending += std::string(trimmed.substr(0, trimmed.size() - 1)) + " ";
      if (!text.empty()) continue;
    } else {
      pending += trimmed;
    }
    const std::string whole(Trim(pending));
    pending.clear();
    if (whole.starts_with('[') && whole.ends_with(']')) {
      section = whole.substr(1, whole.size() - 2);
    } else if (const auto equals = whole.find('='); equals != whole.npos) {
      unit.Add({section, std::string(Trim(std::string_view(whole).substr(0, equals))),
                std::string(Trim(std::string_view(whole).substr(equals + 1))), at});
    }
  }
}

Unit ReadUnit(std::string name, std::string_view text, const std::string& file) {
  Unit unit{std::move(name), {file, 1, 1}, {}};
  AddDropIn(unit, text, file);
  return unit;
}

void CheckUnits(const PolicySet& set, const std::vector<Unit>& units,
                std::vector<Finding>& findings) {
  const auto writable = WritablePaths(set);
  for (const Unit& unit : units) {
    if (!unit.name.ends_with(".service")) continue;
    if (IsOurs(unit.name)) CheckSandboxed(set, unit, findings);
    CheckState(writable, unit, findings);
  }
}

}  // namespace bf::audit
