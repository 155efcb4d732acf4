// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "overlays/host.h"

namespace bf::overlays {

struct Applied {
  std::vector<std::string> done;  // as the actions describe themselves
  std::vector<Problem> problems;  // the plan's, and those met on the way

  // "ok", "degraded" or "failed", from the worst problem.
  std::string result() const;
};

// Carries out the plan entry by entry. An entry that fails gets a stand-in: a bounded tmpfs under
// the image's content, or nothing at all; never a writable root. Afterwards every mount is read
// back and compared.
Applied Apply(const Policy& policy, const Facts& facts, const OverlayPlan& plan, Host& host);

}  // namespace bf::overlays
