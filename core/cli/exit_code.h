// SPDX-License-Identifier: Apache-2.0
// What every program of ours has in common, whether it has a command line to parse or not.
#pragma once

#include "core/error/error.h"

namespace bf::cli {

// sysexits(3) where one fits; 3 is what `check` returns on drift.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitDrift = 3;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitPolicy = 65;
inline constexpr int kExitInternal = 70;
inline constexpr int kExitRefused = 77;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNoProgram = 127;
int ExitCode(ErrorKind kind);

// Where the policies of a machine are.
inline constexpr const char* kDefaultPolicyDir = "/usr/share/betterframe/policies";

}  // namespace bf::cli
