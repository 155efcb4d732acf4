// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/report.h"

namespace bf::test_input {

// Opens every evdev and hidraw node that exists or appears, and reports what comes out of it. As
// root, so that no node mode hides a leak.
class Nodes {
 public:
  Nodes(Loop& loop, Report report);

 private:
  struct Node {
    std::string path;
    std::string name;
  };

  void appeared(const std::string& directory, const std::string& name);
  void scan(const std::string& directory);
  void watch_directory(const std::string& directory);
  void directory_changed();
  void open_node(const std::string& path);
  void read_evdev(int fd);
  void read_hidraw(int fd);
  void lost(int fd);

  Loop& loop_;
  Report report_;
  int inotify_;
  std::map<int, std::string> directories_;
  std::map<int, Node> open_;
};

}  // namespace bf::test_input
