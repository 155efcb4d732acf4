// SPDX-License-Identifier: Apache-2.0
// The thread that asks, while it waits for its answer.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "lockdown/sandbox/watch/ledger.h"

namespace bf::lockdown::sandbox {

class Task {
 public:
  Task(int listener, std::uint64_t id, pid_t thread)
      : listener_(listener), id_(id), thread_(thread) {}

  Who Ask() const;  // its process and its name; nothing once it has gone
  // Ends the whole process, whatever it does about signals. Returns its number, or -1.
  pid_t Kill() const;

 private:
  bool Waits() const;  // still: otherwise its number may be another's by now
  int listener_;
  std::uint64_t id_;
  pid_t thread_;
};

}  // namespace bf::lockdown::sandbox
