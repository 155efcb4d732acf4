// SPDX-License-Identifier: Apache-2.0
// Whether a bundle is older than what runs. Its signature cannot tell: every release was signed.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::boot::install {

// Numbers by value, letters by their order, and "~" before everything, the end included: 1.9 <
// 1.10, 2.0~rc1 < 2.0 < 2.0-1 < 2.0+fix1 < 1:0.1. As dpkg compares
// them: epoch, what is before the last hyphen, what is after it.
std::strong_ordering CompareVersions(std::string_view a, std::string_view b);

// An error of kind kRefused says why. A bundle without a version could be any, and is refused; so
// is every bundle while `running` is not known, unless older ones are allowed.
Status CheckVersion(const std::optional<std::string>& running,
                    const std::optional<std::string>& bundle, bool allow_downgrade);

}  // namespace bf::boot::install
