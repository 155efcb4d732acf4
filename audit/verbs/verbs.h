// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "audit/set/policy_set.h"
#include "core/cli/tool.h"

namespace bf::audit {

cli::Verb CheckVerb();
cli::Verb DiffVerb();
cli::Verb ReportVerb();

// A set all of whose policies are valid, or an error of kind kPolicy with everything that is wrong.
Result<PolicySet> LoadValid(const std::string& where);

}  // namespace bf::audit
