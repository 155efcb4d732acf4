// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bf::policy {

// A basic string of TOML 1.0, quotes included: what proposals for policies are written with.
std::string Quote(std::string_view text);

}  // namespace bf::policy
