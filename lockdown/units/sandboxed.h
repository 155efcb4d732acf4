// SPDX-License-Identifier: Apache-2.0
// The services that are to run in a sandbox, and in which.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace bf::lockdown::units {

struct SandboxedUnit {
  std::string_view name;  // of a service or a template
  std::array<std::string_view, 2> profiles;

  bool Allows(std::string_view profile) const {
    return !profile.empty() && (profile == profiles[0] || profile == profiles[1]);
  }
};

inline constexpr SandboxedUnit kSandboxedUnits[] = {
    {"bf-data.service", {"bf-data"}},
    {"bf-state.service", {"bf-state"}},
    {"bf-overlay.service", {"bf-overlay"}},
    {"bf-boot-reconcile.service", {"bf-boot"}},
    {"betterframe-rauc-mark-good.service", {"bf-confirm"}},
    {"bf-lockdown.service", {"bf-lockdown"}},
    // It shuts the gates again when a window ends.
    {"bf-maintenance.service", {"bf-maintenance", "bf-lockdown"}},
    {"bf-input-filter@.service", {"bf-input-filter"}},
    {"betterframe-kiosk.service", {"kiosk"}},
};

// Of [Service]: takes the processes to a session, out of the unit, to where nobody looks for them.
inline constexpr std::string_view kSessionSetting = "PAMName";

// Of a service or an instance; none for others.
const SandboxedUnit* FindSandboxedUnit(std::string_view name);
// The profile that a command line of a unit file starts its program in: that of
// `bf-lockdown-exec PROFILE -- …` or `bf-lockdown exec [--report] PROFILE -- …`. "" for any other
// form, and where there is more than one command.
std::string ProfileOf(std::string_view command);

}  // namespace bf::lockdown::units
