// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bf::lockdown::sandbox {

// "2027-01-31", a day that there is.
bool IsDate(std::string_view text);

}  // namespace bf::lockdown::sandbox
