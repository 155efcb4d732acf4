// SPDX-License-Identifier: Apache-2.0
#include "audit/verbs/common.h"

#include <fcntl.h>

#include <ctime>
#include <filesystem>
#include <map>

#include "core/host/file.h"
#include "lockdown/device/record.h"
#include "lockdown/sandbox/policy/date.h"

namespace bf::audit {
namespace {

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

Status AddDropIns(const std::string& directory, std::vector<Unit*> units) {
  BF_TRY(host::Open(directory, O_RDONLY | O_DIRECTORY));
  for (const std::string& file : host::Entries(directory)) {
    if (!file.ends_with(".conf")) continue;
    BF_ASSIGN(const std::string text, host::ReadFile(file));
    for (Unit* unit : units) AddDropIn(*unit, text, file);
  }
  return {};
}

// Units and the drop-ins beside them, as systemd puts them together; a drop-in alone is one of a
// unit that lies elsewhere. Those of service.d are of every service.
Result<std::vector<Unit>> ReadUnits(const std::string& dir) {
  constexpr std::string_view kDropIns = ".d";
  std::map<std::string, Unit> units;
  BF_TRY(host::Open(dir, O_RDONLY | O_DIRECTORY));
  for (const std::string& path : host::Entries(dir)) {
    std::error_code error;
    // A mask is a link to /dev/null, and a link to another unit is that unit.
    if (!path.ends_with(".service") || std::filesystem::is_symlink(path, error)) continue;
    const std::string name = path.substr(path.rfind('/') + 1);
    BF_ASSIGN(const std::string text, host::ReadFile(path));
    units.emplace(name, ReadUnit(name, text, path));
  }
  for (const std::string& path : host::Entries(dir)) {
    if (!path.ends_with(".service.d")) continue;
    std::string name = path.substr(path.rfind('/') + 1);
    name.resize(name.size() - kDropIns.size());
    Unit& unit = units.try_emplace(name, Unit{name, {path, 1, 1}, {}}).first->second;
    BF_TRY(AddDropIns(path, {&unit}));
  }
  if (const std::string path = dir + "/service.d"; std::filesystem::is_directory(path)) {
    std::vector<Unit*> all;
    for (auto& [name, unit] : units) all.push_back(&unit);
    BF_TRY(AddDropIns(path, all));
  }
  if (units.empty()) return FailKind(ErrorKind::kUsage, "{}: there are no units in it", dir);
  std::vector<Unit> all;
  for (auto& [name, unit] : units) all.push_back(std::move(unit));
  return all;
}

}  // namespace

Result<std::string> TodayOf(const cli::Invocation& invocation) {
  std::string today = invocation.Get("--today", Today());
  if (!lockdown::sandbox::IsDate(today))
    return FailKind(ErrorKind::kUsage, "--today is a date such as 2027-01-31");
  return today;
}

Result<std::vector<Unit>> UnitsOf(const cli::Invocation& invocation) {
  if (!invocation.Has("--units")) return std::vector<Unit>{};
  return ReadUnits(invocation.Get("--units"));
}

Result<std::vector<lockdown::device::Device>> RecordedOf(const cli::Invocation& invocation) {
  if (!invocation.Has("--recorded")) return std::vector<lockdown::device::Device>{};
  const std::string path = invocation.Get("--recorded");
  BF_ASSIGN(const std::string text, host::ReadFile(path, lockdown::device::kMaxRecordBytes));
  return lockdown::device::ReadRecord(text, path);
}

cli::Option TodayOption() {
  return {"--today", "DATE", "the date that expiry dates are held against (default: today, UTC)"};
}
cli::Option UnitsOption() { return {"--units", "DIR", "judge the systemd units in there as well"}; }
cli::Option RecordedOption() {
  return {"--recorded", "FILE",
          "devices to decide about as well, as `bf-lockdown devices --json` prints them"};
}

}  // namespace bf::audit
