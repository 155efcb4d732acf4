// SPDX-License-Identifier: Apache-2.0
#include "audit/diff/diff.h"

#include <nlohmann/json.hpp>

#include "audit/set/source.h"
#include "audit/verbs/common.h"
#include "audit/verbs/text.h"
#include "audit/verbs/verbs.h"

namespace bf::audit {
namespace {

Status RunDiff(cli::Invocation& invocation) {
  BF_ASSIGN(const PolicySet before, LoadValid(invocation.positionals[0]));
  BF_ASSIGN(const PolicySet after, LoadValid(invocation.positionals[1]));
  BF_ASSIGN(const auto recorded, RecordedOf(invocation));
  const auto changes = Diff(before, after, recorded);
  invocation.out() << (invocation.json
                           ? ToText(DiffToJson(changes, before.texts.name, after.texts.name))
                           : DiffToText(changes, after));
  const Counts counts = Count(changes);
  if (counts.loosened > counts.accepted) invocation.exit_code = cli::kExitDrift;
  return {};
}

}  // namespace

Result<PolicySet> LoadValid(const std::string& where) {
  BF_ASSIGN(Texts texts, ReadTexts(where));
  policy::Diagnostics diagnostics;
  PolicySet set = ReadSet(std::move(texts), diagnostics);
  if (!diagnostics.empty()) return Failure(diagnostics.ToError());
  return set;
}

cli::Verb DiffVerb() {
  return {"diff",
          "what another set of policies allows and forbids, each with something that shows it",
          {RecordedOption()},
          {"OLD", "NEW"},
          RunDiff};
}

}  // namespace bf::audit
