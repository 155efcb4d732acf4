// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "audit/check/check.h"
#include "audit/diff/writable.h"
#include "lockdown/units/sandboxed.h"
#include "lockdown/units/unit_file.h"

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

void CheckSandboxed(const PolicySet& set, const Unit& unit, std::vector<Finding>& findings) {
  const auto* wanted = lockdown::units::FindSandboxedUnit(unit.name);
  for (const UnitLine& line : unit.lines) {
    if (line.section != "Service" || !line.key.starts_with("Exec") || line.value.empty()) continue;
    const std::string profile = lockdown::units::ProfileOf(line.value);
    if (profile.empty())
      findings.push_back({line.at, "not-sandboxed",
                          fmt::format("{} of {} runs outside a sandbox", line.key, unit.name)});
    else if (!set.sandbox.contains(profile))
      findings.push_back(
          {line.at, "no-profile",
           fmt::format("{} asks for the profile \"{}\", and there is none", unit.name, profile)});
    else if (wanted != nullptr && !wanted->Allows(profile))
      findings.push_back(
          {line.at, "other-profile",
           fmt::format("{} of {} asks for the profile \"{}\", which is not made for it", line.key,
                       unit.name, profile)});
  }
}

void CheckSession(const Unit& unit, std::vector<Finding>& findings) {
  const auto key = lockdown::units::kSessionSetting;
  if (const UnitLine* line = unit.Find("Service", key))
    findings.push_back({line->at, "session",
                        fmt::format("{} of {} takes its processes to a session", key, unit.name)});
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
  for (auto& one : lockdown::units::ReadSettings(text))
    unit.Add(
        {std::move(one.section), std::move(one.key), std::move(one.value), {file, one.line, 1}});
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
    if (IsOurs(unit.name)) {
      CheckSandboxed(set, unit, findings);
      CheckSession(unit, findings);
    }
    CheckState(writable, unit, findings);
  }
}

}  // namespace bf::audit
