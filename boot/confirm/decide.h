// SPDX-License-Identifier: Apache-2.0
// What the confirmation does next: a pure function of what is seen and of one monotonic clock.
#pragma once

#include <optional>
#include <string>

#include "boot/confirm/policy.h"
#include "boot/model/judge.h"

namespace bf::boot::confirm {

struct Seen {
  std::int64_t now = 0;                      // milliseconds since the kernel started
  std::optional<std::int64_t> marker_since;  // when the kiosk's marker that is there now was seen
  Judgement judged;
  std::string last_failure;  // of the last attempt to mark the slot good; or ""
  std::optional<std::int64_t> failed_at;
};

struct Step {
  enum class Kind {
    kWait,      // for the marker, or until `until`
    kMarkGood,  // now
    kGiveUp,    // the trial, for `reason`
  };
  Kind kind = Kind::kWait;
  std::optional<std::int64_t> until;  // of kWait; nullopt: only for the marker
  std::string reason;                 // why it waits, or why it gives up
  bool operator==(const Step&) const = default;
};

Step Decide(const ConfirmPolicy& policy, const Seen& seen);

// After `rauc status mark-good`: why the running slot is not the confirmed one, or "".
std::string NotConfirmed(const Judgement& judged, bool running_is_good);

}  // namespace bf::boot::confirm
