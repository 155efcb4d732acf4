// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "lockdown/check/facts.h"

namespace bf::lockdown::check {

inline constexpr const char* kGlobalsProgram = "/usr/libexec/betterframe/bf-wayland-globals";

// Whoever listens where a Wayland compositor would is asked by `program`, a few of them, and all of
// them within a few seconds: anybody can listen, and never answer.
Seen<Compositor> ReadCompositors(const std::string& root,
                                 const std::string& program = kGlobalsProgram);

}  // namespace bf::lockdown::check
