// SPDX-License-Identifier: Apache-2.0
// What was learned as a profile: no wider than what was seen, in the words of our TOML.
#pragma once

#include <string>

#include "lockdown/sandbox/watch/learned.h"

namespace bf::lockdown::sandbox {

// `because` and `owner` are for a person to write: empty, the profile is refused. The text has been
// read back with them filled in, and allows what was seen and nothing else; otherwise kInternal.
Result<std::string> ProposeProfile(const Learned& learned);

// Calls that a run makes or does not, as its threads, its memory or its signals happen to fall:
// they are in a proposal even where they were not seen.
std::span<const std::string_view> CallsByTiming();

}  // namespace bf::lockdown::sandbox
