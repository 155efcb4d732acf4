// SPDX-License-Identifier: Apache-2.0
// Child processes: argv, a fixed environment, a deadline. Never a shell.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::host {

struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up in a fixed PATH
  std::chrono::milliseconds timeout{60'000};
  std::vector<std::string> environment{};  // "NAME=value", besides PATH and LC_ALL=C.UTF-8
  std::string input{};                     // for its stdin
  std::size_t output_limit = 64 << 10;     // the last so many bytes of stdout+stderr are kept
};

struct Completed {
  int exit_code = -1;      // when it exited by itself
  int signal = 0;          // when a signal ended it
  bool timed_out = false;  // we ended it: SIGTERM, then SIGKILL to its process group
  bool stuck = false;      // not even SIGKILL ended it: it waits in the kernel and is left behind
  std::string output;      // stdout and stderr as they came

  bool ok() const { return exit_code == 0; }
  // "mkfs.ext4 ended with exit code 1: last line of its output"
  std::string Explain(const Command& command) const;
};

// An error only if it could not be started; how it ended is in Completed.
Result<Completed> Run(const Command& command);
// The same, and an ending other than exit code 0 is an error.
Result<std::string> RunOk(const Command& command);

}  // namespace bf::host
