// SPDX-License-Identifier: Apache-2.0
// Where a set of policies is read from.
#pragma once

#include <string>

#include "audit/set/policy_set.h"

namespace bf::audit {

// A directory; "REVISION" or "REVISION:DIRECTORY" of the git repository around the working
// directory (DIRECTORY is "policies" where it is not given); or a file, the ext4 image of a root,
// with the policies where a device has them.
Result<Texts> ReadTexts(const std::string& where);

}  // namespace bf::audit
