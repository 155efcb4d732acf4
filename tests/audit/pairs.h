// SPDX-License-Identifier: Apache-2.0
// Sets of policies for tests: base/, and edits of it.
#pragma once

#include <string>
#include <vector>

#include "audit/set/policy_set.h"

namespace bf::audit {

// base/, under the name "policies".
Texts Base();
// The base with the edits of pairs/NAME.edit: "== FILE", then lines with "-" that are to be there
// once, and lines with "+" in their place.
Texts Edited(const std::string& name);
std::vector<std::string> PairNames();
// One that has to be valid.
PolicySet Valid(Texts texts);
// The same with one text changed.
Texts With(Texts texts, const std::string& file, const std::string& from, const std::string& to);

}  // namespace bf::audit
