// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "udev-rules/rules/files.h"

namespace bf::udev_rules {

// All *.rules below the four directories of ROOT. A directory that is not there has none; a file
// that cannot be read is an error, because nobody knows what it says.
Result<std::vector<RuleSource>> LoadRules(const std::string& root);

}  // namespace bf::udev_rules
