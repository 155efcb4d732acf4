// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/verb.h"

#include <nlohmann/json.hpp>

#include "lockdown/check/linux_facts.h"
#include "lockdown/check/report.h"

namespace bf::lockdown {
namespace {

Status RunCheck(cli::Invocation& invocation) {
  BF_ASSIGN(const Policy policy, LoadPolicy(invocation.policy_dir));
  BF_ASSIGN(auto profiles, sandbox::LoadProfiles(invocation.policy_dir));
  const check::Expected expected = check::ExpectedOf(policy, std::move(profiles));
  const auto results =
      check::Check(policy, expected, check::Observe(invocation.root, policy, expected));
  invocation.out() << (invocation.json ? check::ToText(check::ToJson(results))
                                       : check::ToTable(results));
  if (check::HasDrift(results)) invocation.exit_code = cli::kExitDrift;
  return {};
}

}  // namespace

cli::Verb CheckVerb() {
  return {"check",
          "show every way out: what policy wants, what is in effect, and what drifted",
          {},
          {},
          RunCheck};
}

}  // namespace bf::lockdown
