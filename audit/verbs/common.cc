// SPDX-License-Identifier: Apache-2.0
#include "audit/verbs/common.h"

#include <fcntl.h>

#include <ctime>
#include <filesystem>
#include <map>

#include "core/host/file.h"
#include "lockdown/device/record.h"
#include "lockdown/sandbox/policy/date.h"
#include "lockdown/units/aliases.h"
#include "lockdown/units/drop_ins.h"

namespace bf::audit {
namespace {

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

using lockdown::units::DropIns;

Status Look(DropIns::Of of, const std::string& directory, DropIns& drop_ins) {
  BF_TRY(host::Open(directory, O_RDONLY | O_DIRECTORY));
  for (const std::string& file : host::Entries(directory))
    if (file.ends_with(".conf")) drop_ins.Add(of, file);
  return {};
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Units and the drop-ins beside them, as systemd puts them together; a drop-in alone is one of a
// unit that lies elsewhere. Those of service.d are of every service.
Result<std::vector<Unit>> ReadUnits(const std::string& dir) {
  constexpr std::string_view kDropIns = ".d";
  std::map<std::string, Unit> units;
  lockdown::units::Links links;
  BF_TRY(host::Open(dir, O_RDONLY | O_DIRECTORY));
  for (const std::string& path : host::Entries(dir)) {
    if (!path.ends_with(".service")) continue;
    const std::string name = NameOf(path);
    std::error_code error;
    if (std::filesystem::is_symlink(path, error)) {
      // A mask is a link to /dev/null, and a link to another unit is one more name of that.
      const std::string target = std::filesystem::read_symlink(path, error).filename();
      if (target.ends_with(".service") && target != name) links.emplace(name, target);
      continue;
    }
    BF_ASSIGN(const std::string text, host::ReadFile(path));
    units.emplace(name, ReadUnit(name, text, path));
  }
  std::map<std::string, DropIns> drop_ins;
  for (const auto of : {DropIns::Of::kName, DropIns::Of::kAlias}) {
    for (const std::string& path : host::Entries(dir)) {
      if (!path.ends_with(".service.d")) continue;
      std::string name = NameOf(path);
      name.resize(name.size() - kDropIns.size());
      const std::string unit = lockdown::units::EndOf(links, name);
      if ((unit == name) != (of == DropIns::Of::kName)) continue;
      units.try_emplace(unit, Unit{unit, {path, 1, 1}, {}});
      BF_TRY(Look(of, path, drop_ins[unit]));
    }
  }
  const std::string all_services = dir + "/service.d";
  const bool has_type = std::filesystem::is_directory(all_services);
  if (units.empty()) return FailKind(ErrorKind::kUsage, "{}: there are no units in it", dir);
  std::vector<Unit> all;
  for (auto& [name, unit] : units) {
    DropIns& files = drop_ins[name];
    if (has_type) BF_TRY(Look(DropIns::Of::kType, all_services, files));
    for (const std::string& file : files.Paths()) {
      BF_ASSIGN(const std::string text, host::ReadFile(file));
      AddDropIn(unit, text, file);
    }
    all.push_back(std::move(unit));
  }
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
