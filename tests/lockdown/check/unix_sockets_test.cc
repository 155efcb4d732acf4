// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/unix_sockets.h"

namespace bf::lockdown::check {
namespace {

using testing::ElementsAre;

const std::string kHeading = "Num       RefCount Protocol Flags    Type St Inode Path\n";

Seen<std::string> Of(const std::string& lines) { return ListeningSockets(kHeading + lines); }

// As Linux 6.1 prints them.
TEST(UnixSockets, ThoseThatListen) {
  const auto sockets =
      Of("00000000a1b2c3d4: 00000002 00000000 00010000 0001 01 12345 /run/user/990/wayland-0\n"
         "0000000000000000: 00000003 00000000 00000000 0001 03    12 /run/user/990/wayland-0\n"
         "00000000a1b2c3d5: 00000002 00000000 00010000 0005 01 12346 /run/udev/control\n"
         "00000000a1b2c3d6: 00000002 00000000 00000000 0002 01 12347 /run/systemd/notify\n"
         "00000000a1b2c3d7: 00000003 00000000 00000000 0001 03 12348\n"
         "00000000a1b2c3d8: 00000002 00000000 00010000 0001 01 12349 @/tmp/.X11-unix/X0\n"
         "00000000a1b2c3d9: 00000002 00000000 00010000 0001 01 12350  a b \n");
  EXPECT_EQ(sockets.problem, "");
  EXPECT_THAT(sockets.items, ElementsAre("/run/user/990/wayland-0", "@/tmp/.X11-unix/X0", " a b "));
}

TEST(UnixSockets, WhatNobodyUnderstandsIsSaid) {
  EXPECT_NE(ListeningSockets("").problem, "");
  EXPECT_NE(ListeningSockets("Num RefCount\n").problem, "");
  const std::string good = "0000000000000001: 00000002 00000000 00010000 0001 01 1 /run/a\n";
  EXPECT_EQ(Of(good).problem, "");
  for (const char* line : {"wayland-0\n", "\n", "0000000000000001: 00000002 00000000\n",
                           "0000000000000001: 00000002 00000000 10000 0001 01 1 /run/b\n",
                           "0000000000000001: 00000002 00000000 00010000 1 01 1 /run/b\n",
                           "0000000000000001: 00000002 00000000 00010000 0001 01 /run/b\n"}) {
    const auto sockets = Of(line + good);
    EXPECT_NE(sockets.problem, "") << line;
    EXPECT_THAT(sockets.items, ElementsAre("/run/a")) << line;  // and it hides no other
  }
}

TEST(UnixSockets, NamesOfCompositors) {
  for (const char* path : {"/run/user/990/wayland-0", "/tmp/wayland-1", "wayland-9", "@wayland-0",
                           "/run/wayland-0.lock", "/run/user/990/gamescope-0"})
    EXPECT_TRUE(IsWaylandName(path)) << path;
  for (const char* path : {"/run/wayland/0", "/run/wayland-0/bus", "/run/user/990/bus", "", "/"})
    EXPECT_FALSE(IsWaylandName(path)) << path;
}

}  // namespace
}  // namespace bf::lockdown::check
