// SPDX-License-Identifier: Apache-2.0
// What weakens a sandbox so much that somebody has to answer for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::sandbox {

struct Weakening {
  std::string what;  // as a [[relax]] names it: "mount", "ioctl TIOCSTI", "CAP_SYS_ADMIN"
  std::string why;
  SourceRef at;
};

std::vector<Weakening> WeakeningsOf(const Profile& profile);

}  // namespace bf::lockdown::sandbox
