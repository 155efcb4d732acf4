// SPDX-License-Identifier: Apache-2.0
// RAUC's command line, and what its answer means.
#pragma once

#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::boot::confirm {

// `rauc status mark-good`: of the booted slot.
Status RaucMarkGood();
// Asks RAUC again: it has to have booted `bootname`, and to call that slot good and primary.
Status RaucAgrees(std::string_view bootname);
// The same of the JSON that `rauc status --output-format=json` prints.
Status CheckStatus(std::string_view json, std::string_view bootname);

}  // namespace bf::boot::confirm
