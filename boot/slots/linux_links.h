// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "boot/slots/links.h"

namespace bf::boot::slots {

// One link at a time, each replaced as a whole.
Status MakeLinks(const std::string& root, const std::vector<Link>& links);

}  // namespace bf::boot::slots
