// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/device/guest_tools/loop.h"

namespace bf::test_input {

// The virtio serial port to the machine's owner. It may appear after us: until then, and while the
// other end is slow, lines wait.
class Port {
 public:
  Port(Loop& loop, std::string name, std::function<void(const std::string&)> command);

  void send(const std::string& text);

 private:
  bool open_port();
  void ready();
  void flush();

  Loop& loop_;
  std::string name_;
  std::function<void(const std::string&)> command_;
  int inotify_;
  int fd_ = -1;
  bool waiting_ = false;
  std::string out_;
  std::string in_;
};

}  // namespace bf::test_input
