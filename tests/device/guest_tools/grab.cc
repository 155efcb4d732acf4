// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <glob.h>
#include <linux/input.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {

int grab(const std::string& input) {
  glob_t found{};
  if (glob((input + "/event*").c_str(), 0, nullptr, &found) != 0) die("no event node");
  const std::string path = found.gl_pathv[0];
  const int fd = open(("/dev/input" + path.substr(path.rfind('/'))).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, EVIOCGRAB, 1) != 0) die("EVIOCGRAB");
  if (daemon(0, 0) != 0) die("daemon");
  for (;;) pause();
}

}  // namespace bf::test_input
