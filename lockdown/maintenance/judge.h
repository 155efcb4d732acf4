// SPDX-License-Identifier: Apache-2.0
// Whether a token may open a window, and whether a window is open now. Pure; whatever is missing
// or odd comes out as closed, with the reason.
#pragma once

#include <optional>
#include <string>

#include "lockdown/maintenance/token.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown::maintenance {

struct Now {
  std::string machine;  // machine-id(5)
  std::string boot;     // /proc/sys/kernel/random/boot_id
  std::int64_t boottime_ms = 0;
};

// A file as it was found.
struct Found {
  bool there = false;
  std::string problem;  // why it counts for nothing: its owner, a symlink, an I/O error
  std::string text;
};

enum class Signature { kUnchecked, kGood, kBad };

struct TokenFacts {
  Found token;
  Found used;
  Signature signature = Signature::kUnchecked;
  // What is written to BF_DATA is still there after a power cut.
  bool durable = true;
};

struct Start {
  std::optional<Window> window;  // what to open; it counts once `used` is durable
  std::string why;               // why not
};
// May the token that lies on BF_DATA open a window now?
Start JudgeToken(const Policy& policy, const TokenFacts& facts, const Now& now);

struct State {
  bool open = false;
  std::string why;  // one line: until when, or why it is closed
  std::int64_t left_ms = 0;
};
State MaintenanceNow(const Policy& policy, const Found& window, const Now& now);

}  // namespace bf::lockdown::maintenance
