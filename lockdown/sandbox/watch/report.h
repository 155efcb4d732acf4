// SPDX-License-Identifier: Apache-2.0
// What a profile denied a program, for people and for programs.
#pragma once

#include <string>

#include "lockdown/sandbox/watch/ledger.h"

namespace bf::lockdown::sandbox {

// "sandbox/kiosk.toml:41:3: kill: ioctl(cmd = TIOCSTI), asked for by sh[12]". Names of processes
// are theirs to choose: whoever shows it takes care of what a terminal would obey.
std::string LineOf(const Denied& denied);

// How a program ended: "exit status 1", "SIGSYS".
struct Ending {
  int code = 0;
  std::string signal;  // its name, where one ended it
};

std::string ReportText(const Profile& profile, const Ledger& ledger, const Ending& ending);
std::string ReportJson(const Profile& profile, const Ledger& ledger, const Ending& ending);

}  // namespace bf::lockdown::sandbox
