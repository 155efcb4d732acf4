// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/cli/tool.h"

namespace bf::cli {

// Fills verb, options and positionals of `invocation`, and returns the verb. An error is of kind
// kUsage and says which word of the command line was not understood.
Result<const Verb*> ParseArguments(const Tool& tool, const std::vector<std::string>& args,
                                   Invocation& invocation);

// The options every verb takes, as a table like a tool's own.
const std::vector<Option>& CommonOptions();
// Those, and what the tool as a whole takes.
std::vector<Option> OptionsOf(const Tool& tool);

}  // namespace bf::cli
