// SPDX-License-Identifier: Apache-2.0
// What loading a keymap of one's own would do.
#include <fcntl.h>
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

constexpr int kCtrlAlt = (1 << KG_CTRL) | (1 << KG_ALT);
constexpr int kF2 = 60;
constexpr int kPause = 119;

void put(int fd, int index, int value) {
  kbentry entry{};
  entry.kb_table = static_cast<unsigned char>(kCtrlAlt);
  entry.kb_index = static_cast<unsigned char>(index);
  entry.kb_value = static_cast<unsigned short>(value);
  if (ioctl(fd, KDSKBENT, &entry) != 0) die("KDSKBENT");
}

}  // namespace

int chords() {
  const int fd = open("/dev/tty0", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) die("/dev/tty0");
  put(fd, kF2, K(KT_CONS, 1));
  put(fd, kPause, K_SAK);
  close(fd);
  return 0;
}

}  // namespace bf::test_input
