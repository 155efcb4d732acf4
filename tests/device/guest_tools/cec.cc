// SPDX-License-Identifier: Apache-2.0
// Both ends of an HDMI cable: a television that takes keys of others, and what sends them.
#include <fcntl.h>
#include <linux/cec.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

// Blocks until the adapter has an address of that type.
int adapter(const char* path, unsigned char type, unsigned char device, unsigned flags) {
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) die(path);
  cec_log_addrs addresses{};
  addresses.cec_version = CEC_OP_CEC_VERSION_1_4;
  addresses.vendor_id = CEC_VENDOR_ID_NONE;
  addresses.num_log_addrs = 1;
  addresses.log_addr_type[0] = type;
  addresses.primary_device_type[0] = device;
  addresses.flags = flags;
  if (ioctl(fd, CEC_ADAP_S_LOG_ADDRS, &addresses) != 0) die("CEC_ADAP_S_LOG_ADDRS");
  return fd;
}

void transmit(int fd, std::initializer_list<unsigned char> bytes) {
  cec_msg message{};
  cec_msg_init(&message, CEC_LOG_ADDR_PLAYBACK_1, CEC_LOG_ADDR_TV);
  for (const unsigned char byte : bytes) message.msg[message.len++] = byte;
  if (ioctl(fd, CEC_TRANSMIT, &message) != 0) die("CEC_TRANSMIT");
}

}  // namespace

int cec(std::span<char*> words) {
  const int television = adapter(words[0], CEC_LOG_ADDR_TYPE_TV, CEC_OP_PRIM_DEVTYPE_TV,
                                 CEC_LOG_ADDRS_FL_ALLOW_RC_PASSTHRU);
  const unsigned mode = CEC_MODE_INITIATOR | CEC_MODE_FOLLOWER;
  if (ioctl(television, CEC_S_MODE, &mode) != 0) die("CEC_S_MODE");
  const int player = adapter(words[1], CEC_LOG_ADDR_TYPE_PLAYBACK, CEC_OP_PRIM_DEVTYPE_PLAYBACK, 0);
  for (const char* word : words.subspan(2)) {
    transmit(player, {CEC_MSG_USER_CONTROL_PRESSED,
                      static_cast<unsigned char>(std::strtoul(word, nullptr, 0))});
    transmit(player, {CEC_MSG_USER_CONTROL_RELEASED});
    // Programs get it after the kernel has made a key of it.
    for (cec_msg message{}; message.msg[1] != CEC_MSG_USER_CONTROL_RELEASED;) {
      message = {};
      if (ioctl(television, CEC_RECEIVE, &message) != 0) die("CEC_RECEIVE");
    }
  }
  return 0;
}

}  // namespace bf::test_input
