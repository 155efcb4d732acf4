// SPDX-License-Identifier: Apache-2.0
// Work that may never end, in a process of its own.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/error/error.h"

namespace bf::lockdown::sandbox {

// Runs `work` in a child and returns its text, or its error. A child that takes longer is killed.
// `what` is for messages. Not for a process with threads.
Result<std::string> RunBounded(const std::string& what, std::chrono::milliseconds limit,
                               const std::function<Result<std::string>()>& work);

}  // namespace bf::lockdown::sandbox
