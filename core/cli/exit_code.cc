// SPDX-License-Identifier: Apache-2.0
#include "core/cli/exit_code.h"

namespace bf::cli {

int ExitCode(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kFailed:
      return kExitFailed;
    case ErrorKind::kDrift:
      return kExitDrift;
    case ErrorKind::kUsage:
      return kExitUsage;
    case ErrorKind::kPolicy:
      return kExitPolicy;
    case ErrorKind::kInternal:
      return kExitInternal;
    case ErrorKind::kRefused:
      return kExitRefused;
    case ErrorKind::kNotExecutable:
      return kExitNotExecutable;
    case ErrorKind::kNoProgram:
      return kExitNoProgram;
  }
  return kExitInternal;
}

}  // namespace bf::cli
