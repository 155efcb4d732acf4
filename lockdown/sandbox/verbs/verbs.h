// SPDX-License-Identifier: Apache-2.0
// bf-lockdown exec, filter, groups, learn.
#pragma once

#include "core/cli/tool.h"

namespace bf::lockdown::sandbox {

cli::Verb ExecVerb();
cli::Verb FilterVerb();
cli::Verb GroupsVerb();
cli::Verb LearnVerb();

}  // namespace bf::lockdown::sandbox
