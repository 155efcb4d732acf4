// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "provision/layout/layout.h"

namespace bf::provision::data {

using layout::DamagedSuperblock;
using layout::DataPolicy;
using layout::FormatWhen;

inline constexpr std::string_view kPartitionName = "BF_DATA";  // in the GPT
inline constexpr std::string_view kLabelNew = "BF_DATA_NEW";   // of a file system in the making
inline constexpr std::string_view kLabel = "BF_DATA";          // of a finished one

}  // namespace bf::provision::data
