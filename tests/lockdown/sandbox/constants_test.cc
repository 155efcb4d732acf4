// SPDX-License-Identifier: Apache-2.0
// The constants of the table are those of the kernel's headers.
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/capability.h>
#include <linux/dm-ioctl.h>
#include <linux/futex.h>
#include <linux/hidraw.h>
#include <linux/input.h>
#include <linux/kd.h>
#include <linux/loop.h>
#include <linux/msdos_fs.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/uinput.h>
#include <linux/vt.h>
#include <linux/watchdog.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
// After sys/mount.h: both define MS_RDONLY.
#include <linux/fs.h>

#include "lockdown/sandbox/policy/names.h"

namespace bf::lockdown::sandbox {
namespace {

#define BF_CONSTANT(name, value) static_assert(static_cast<unsigned>(name) == (value), #name);
#include "lockdown/sandbox/policy/constants.inc"
#undef BF_CONSTANT

TEST(SandboxNames, CapabilitiesAreThoseOfTheKernel) {
  ASSERT_EQ(Capabilities().size(), static_cast<std::size_t>(CAP_LAST_CAP) + 1);
  for (std::size_t i = 0; i < Capabilities().size(); ++i) EXPECT_EQ(Capabilities()[i].value, i);
  EXPECT_EQ(Lookup(Capabilities(), "CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
  EXPECT_EQ(Lookup(Capabilities(), "CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
}

}  // namespace
}  // namespace bf::lockdown::sandbox
