// SPDX-License-Identifier: Apache-2.0
// The parts of a profile, each read and checked by itself. For profile.cc.
#pragma once

#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::sandbox {

CapabilitySets ReadCapabilities(policy::Reader& reader);
Environment ReadEnvironment(policy::Reader& reader);
Descriptors ReadDescriptors(policy::Reader& reader);
Relax ReadRelax(policy::Reader& reader);
// Appends the rules of one [[rule]], groups and alternatives expanded.
void ReadRule(policy::Reader& reader, Profile& profile);

// What the profile names itself beats what a group says; what then contradicts is reported.
void Resolve(Profile& profile, policy::Diagnostics& diagnostics);
// Whatever weakens the sandbox has a [[relax]], and no [[relax]] is left over.
void CheckRelaxes(const Profile& profile, policy::Diagnostics& diagnostics);

}  // namespace bf::lockdown::sandbox
