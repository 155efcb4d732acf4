// SPDX-License-Identifier: Apache-2.0
// Answers for a program until it has ended, and stands in its place: what this process is sent, it
// gets.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "lockdown/sandbox/watch/linux_start.h"
#include "lockdown/sandbox/watch/linux_task.h"

namespace bf::lockdown::sandbox {

enum class Reply { kContinue, kError, kKill };
struct Answer {
  Reply reply = Reply::kError;
  int error = 0;  // of kError
};

struct Ended {
  int code = -1;     // when it exited by itself
  int signal = 0;    // when a signal ended it; SIGSYS where an answer did
  bool cut = false;  // a signal ended the wait for what it left behind
};

struct Watcher {
  // What becomes of one call. Continuing hands the kernel arguments that may have changed since,
  // where they are in memory.
  std::function<Answer(const Call& call, const Task& task)> decide;
  // Called between calls; after how long at the latest again, if ever.
  std::function<std::optional<std::chrono::milliseconds>()> idle;
  // Stay until everything that it started has ended as well.
  bool until_all_ended = false;
};

struct Request {
  Program filter;
  std::vector<std::string> command;
  // In the child: given the environment of this process.
  std::function<Result<Ready>(const std::vector<std::string>& given)> prepare;
};

// An error only if it could not be started. Not for a process with threads.
Result<Ended> RunWatched(const Request& request, const Watcher& watcher);

}  // namespace bf::lockdown::sandbox
