// SPDX-License-Identifier: Apache-2.0
// An infrared receiver that hears what is sent on its own node (rc-loopback), and the remote for
// it.
#include <fcntl.h>
#include <linux/input.h>
#include <linux/lirc.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

// The NEC protocol's address byte, and the key as its command: codes below 256 only.
unsigned scancode(int key) { return 0x1000U | static_cast<unsigned>(key); }

int opened(const char* path, int mode) {
  const int fd = open(path, mode | O_CLOEXEC);
  if (fd < 0) die(path);
  return fd;
}

}  // namespace

int keytable(std::span<char*> words) {
  const int fd = opened(words.front(), O_RDWR);
  for (const char* word : words.subspan(1)) {
    const int key = std::atoi(word);
    const unsigned code = scancode(key);
    input_keymap_entry entry{};
    entry.len = sizeof code;
    entry.keycode = static_cast<__u32>(key);
    std::memcpy(entry.scancode, &code, sizeof code);
    if (ioctl(fd, EVIOCSKEYCODE_V2, &entry) != 0) die("EVIOCSKEYCODE_V2");
  }
  return 0;
}

int infrared(std::span<char*> words) {
  const int fd = opened(words.front(), O_RDWR);
  const unsigned mode = LIRC_MODE_SCANCODE;
  if (ioctl(fd, LIRC_SET_SEND_MODE, &mode) != 0) die("LIRC_SET_SEND_MODE");
  if (ioctl(fd, LIRC_SET_REC_MODE, &mode) != 0) die("LIRC_SET_REC_MODE");
  for (const char* word : words.subspan(1)) {
    lirc_scancode sent{};
    sent.rc_proto = RC_PROTO_NEC;
    sent.scancode = scancode(std::atoi(word));
    if (write(fd, &sent, sizeof sent) != sizeof sent) die(words.front());
    // Until the receiver has made a key of it, which input devices of the kernel are told next.
    lirc_scancode heard{};
    while (heard.scancode != sent.scancode) {
      if (read(fd, &heard, sizeof heard) != sizeof heard) die(words.front());
    }
  }
  return 0;
}

}  // namespace bf::test_input
