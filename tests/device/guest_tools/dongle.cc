// SPDX-License-Identifier: Apache-2.0
// The function of a Bluetooth dongle, for a USB gadget: what a driver asks for before it binds, and
// nobody who answers its commands.
#include <endian.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

struct Speed {
  usb_interface_descriptor interface;
  std::array<usb_endpoint_descriptor_no_audio, 3> endpoints;
} __attribute__((packed));

struct Descriptors {
  usb_functionfs_descs_head_v2 head;
  __le32 full_count;
  __le32 high_count;
  Speed full;
  Speed high;
} __attribute__((packed));

usb_endpoint_descriptor_no_audio endpoint(unsigned char address, unsigned char kind, int size) {
  return {sizeof(usb_endpoint_descriptor_no_audio),
          USB_DT_ENDPOINT,
          address,
          kind,
          htole16(static_cast<__u16>(size)),
          1};
}

Speed at(int bulk) {
  return {
      {USB_DT_INTERFACE_SIZE, USB_DT_INTERFACE, 0, 0, 3, USB_CLASS_WIRELESS_CONTROLLER, 1, 1, 0},
      {endpoint(USB_DIR_IN | 1, USB_ENDPOINT_XFER_INT, 16),
       endpoint(USB_DIR_IN | 2, USB_ENDPOINT_XFER_BULK, bulk),
       endpoint(USB_DIR_OUT | 2, USB_ENDPOINT_XFER_BULK, bulk)}};
}

template <typename T>
void put(int fd, const T& what) {
  if (write(fd, &what, sizeof what) != sizeof what) die("FunctionFS");
}

// A command gets its acknowledgement, and what is asked for is nothing.
void answer(int fd, const usb_ctrlrequest& setup) {
  std::array<char, 4096> bytes{};
  const std::size_t length = std::min<std::size_t>(le16toh(setup.wLength), bytes.size());
  const ssize_t done = (setup.bRequestType & USB_DIR_IN) != 0 ? write(fd, bytes.data(), length)
                                                              : read(fd, bytes.data(), length);
  (void)done;  // the other side can have gone
}

}  // namespace

int dongle(const std::string& directory) {
  const int fd = open((directory + "/ep0").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) die(directory);
  put(fd, Descriptors{{htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2), htole32(sizeof(Descriptors)),
                       htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC |
                               FUNCTIONFS_ALL_CTRL_RECIP)},
                      htole32(4),
                      htole32(4),
                      at(64),
                      at(512)});
  put(fd, usb_functionfs_strings_head{htole32(FUNCTIONFS_STRINGS_MAGIC),
                                      htole32(sizeof(usb_functionfs_strings_head)), 0, 0});
  if (daemon(0, 0) != 0) die("daemon");
  for (usb_functionfs_event event{}; read(fd, &event, sizeof event) > 0;) {
    if (event.type == FUNCTIONFS_SETUP) answer(fd, event.u.setup);
  }
  return 0;
}

}  // namespace bf::test_input
