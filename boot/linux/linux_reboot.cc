// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_reboot.h"

#include <sys/reboot.h>

#include <cerrno>

#include "core/host/spawn.h"

namespace bf::boot {

// Not reboot(2) at once: the kiosk's last writes would be lost, and an unclean BF_DATA is not what
// a trial should start with. systemd keeps the argument in /run/systemd/reboot-param; a plain
// `reboot` that comes in between removes it, and the trial is then armed again, not lost.
Status AskForReboot(Reboot reboot) {
  if (reboot == Reboot::kNone) return {};
  host::Command command;
  command.argv = {"systemctl", "reboot"};
  if (reboot == Reboot::kTrial) command.argv.emplace_back("--reboot-argument=0 tryboot");
  BF_TRY_DOING(host::RunOk(command), "reboot");
  return {};
}

Status InsistOnReboot() {
  if (AskForReboot(Reboot::kOrdinary)) return {};
  ::reboot(RB_AUTOBOOT);
  return FailErrno(errno, "reboot");
}

}  // namespace bf::boot
