// SPDX-License-Identifier: Apache-2.0
// What more than one verb reads.
#pragma once

#include "audit/check/check.h"
#include "core/cli/tool.h"
#include "lockdown/device/device.h"

namespace bf::audit {

// --today, or the date; --units, or none; --recorded, or none.
Result<std::string> TodayOf(const cli::Invocation& invocation);
Result<std::vector<Unit>> UnitsOf(const cli::Invocation& invocation);
Result<std::vector<lockdown::device::Device>> RecordedOf(const cli::Invocation& invocation);

cli::Option TodayOption();
cli::Option UnitsOption();
cli::Option RecordedOption();

}  // namespace bf::audit
