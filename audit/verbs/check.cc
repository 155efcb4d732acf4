// SPDX-License-Identifier: Apache-2.0
#include "audit/check/check.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "audit/set/source.h"
#include "audit/verbs/text.h"
#include "audit/verbs/verbs.h"
#include "core/host/file.h"

namespace bf::audit {
namespace {

bool IsDate(const std::string& text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         text.find_first_not_of("0123456789-") == std::string::npos;
}

std::string Today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

Result<std::vector<Unit>> ReadUnits(const std::string& dir) {
  std::vector<Unit> units;
  for (const std::string& path : host::Entries(dir)) {
    if (!path.ends_with(".service")) continue;
    auto text = host::ReadFile(path);
    // A mask is a link to /dev/null, and a link to another unit is that unit.
    if (!text) continue;
    units.push_back(ReadUnit(path.substr(path.rfind('/') + 1), *text, path));
  }
  if (units.empty()) return FailKind(ErrorKind::kUsage, "{}: there are no units in it", dir);
  return units;
}

std::string FindingsToText(const std::vector<Finding>& findings, const PolicySet& set) {
  std::string text;
  for (const Finding& one : findings)
    text += fmt::format("{}: {}: {}\n", one.at.ToString(), one.lint, one.message);
  return text + fmt::format("{} files, {} findings\n", set.texts.files.size(), findings.size());
}

nlohmann::ordered_json FindingsToJson(const std::vector<Finding>& findings, const PolicySet& set) {
  nlohmann::ordered_json json = {{"schema", 1},
                                 {"policies", set.texts.name},
                                 {"files", set.texts.files.size()},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& one : findings)
    json["findings"].push_back({{"file", one.at.file},
                                {"line", one.at.line},
                                {"column", one.at.column},
                                {"lint", one.lint},
                                {"message", one.message}});
  return json;
}

Status RunCheck(cli::Invocation& invocation) {
  const std::string today = invocation.Get("--today", Today());
  if (!IsDate(today)) return FailKind(ErrorKind::kUsage, "--today is a date such as 2027-01-31");
  std::vector<Unit> units;
  if (invocation.Has("--units")) {
    BF_ASSIGN(units, ReadUnits(invocation.Get("--units")));
  }
  const std::string where =
      invocation.positionals.empty() ? invocation.policy_dir : invocation.positionals.front();
  BF_ASSIGN(Texts texts, ReadTexts(where));
  policy::Diagnostics wrong;
  const PolicySet set = ReadSet(std::move(texts), wrong);
  // What does not hold by itself has nothing to be held against others.
  std::vector<Finding> findings;
  for (const auto& one : wrong.Sorted()) findings.push_back({one.at, "invalid", one.message});
  if (findings.empty()) findings = Check(set, units, today);
  invocation.out() << (invocation.json ? ToText(FindingsToJson(findings, set))
                                       : FindingsToText(findings, set));
  if (!wrong.empty())
    invocation.exit_code = cli::kExitPolicy;
  else if (!findings.empty())
    invocation.exit_code = cli::kExitDrift;
  return {};
}

}  // namespace

cli::Verb CheckVerb() {
  return {
      "check",
      "everything that is wrong with a set of policies, each by itself and together",
      {{"--units", "DIR", "judge the systemd units in there as well"},
       {"--today", "DATE", "the date that expiry dates are held against (default: today, UTC)"}},
      {"[DIR]"},
      RunCheck};
}

}  // namespace bf::audit
