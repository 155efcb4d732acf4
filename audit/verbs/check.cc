// SPDX-License-Identifier: Apache-2.0
#include "audit/check/check.h"

#include <nlohmann/json.hpp>

#include "audit/model/visible.h"
#include "audit/set/source.h"
#include "audit/verbs/common.h"
#include "audit/verbs/text.h"
#include "audit/verbs/verbs.h"

namespace bf::audit {
namespace {

std::string FindingsToText(const std::vector<Finding>& findings, const PolicySet& set) {
  std::string text;
  for (const Finding& one : findings)
    text += fmt::format("{}: {}: {}\n", Visible(one.at.ToString()), one.lint, Visible(one.message));
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
  BF_ASSIGN(const std::string today, TodayOf(invocation));
  BF_ASSIGN(const std::vector<Unit> units, UnitsOf(invocation));
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
  return {"check",
          "everything that is wrong with a set of policies, each by itself and together",
          {UnitsOption(), TodayOption()},
          {"[DIR]"},
          RunCheck};
}

}  // namespace bf::audit
