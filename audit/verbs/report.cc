// SPDX-License-Identifier: Apache-2.0
#include "audit/report/report.h"

#include "audit/diff/diff.h"
#include "audit/verbs/common.h"
#include "audit/verbs/verbs.h"
#include "core/host/output.h"

namespace bf::audit {
namespace {

Status RunReport(cli::Invocation& invocation) {
  const std::string where =
      invocation.positionals.empty() ? invocation.policy_dir : invocation.positionals.front();
  const std::string file = invocation.Get("--html");
  if (file != "-") BF_TRY(host::CheckOutput(file));
  BF_ASSIGN(const std::string today, TodayOf(invocation));
  BF_ASSIGN(const std::vector<Unit> units, UnitsOf(invocation));
  BF_ASSIGN(auto recorded, RecordedOf(invocation));
  BF_ASSIGN(const PolicySet set, LoadValid(where));
  ReportInput report{set, Check(set, units, today), invocation.Get("--since"), {}, {}};
  if (!report.old_name.empty()) {
    BF_ASSIGN(const PolicySet before, LoadValid(report.old_name));
    report.changes = Diff(before, set, recorded);
  }
  report.recorded = std::move(recorded);
  const std::string page = ToHtml(report);
  if (file == "-") {
    invocation.out() << page;
    return {};
  }
  if (invocation.dry_run) return {};
  return host::WriteOutput(file, page);
}

}  // namespace

cli::Verb ReportVerb() {
  return {"report",
          "one page for people who would rather look than read",
          {{"--html", "FILE", "where to write it; - is standard output", true},
           {"--since", "OLD", "show what changed since then"},
           RecordedOption(),
           UnitsOption(),
           TodayOption()},
          {"[DIR]"},
          RunReport};
}

}  // namespace bf::audit
