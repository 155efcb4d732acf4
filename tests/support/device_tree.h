// SPDX-License-Identifier: Apache-2.0
// A device's root as a directory, with a real ext4 as BF_DATA, in a mount namespace that ends with
// the test. The body runs in a child that has changed its root there. Needs root.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "core/host/spawn.h"
#include "tests/support/temp_tree.h"

namespace bf::testing_support {

class DeviceTree {
 public:
  DeviceTree() {
    for (const char* directory : {"proc", "run", "etc", "usr", "policies", "var/lib/betterframe"}) {
      std::filesystem::create_directories(image_ / directory);
    }
    image_.Write("etc/passwd", "root:x:0:0::/root:/bin/sh\nkiosk:x:901:901::/:/bin/false\n");
    image_.Write("etc/group", "root:x:0:\nkiosk:x:901:\n");
    store_.Write("cmdline", "ro rauc.slot=A\n");
    Tool({"truncate", "-s", "24M", store_ / "data.img"});
    Tool({"mkfs.ext4", "-q", "-b", "4096", "-I", "256", "-L", "BF_DATA", "-E",
          "lazy_itable_init=0,lazy_journal_init=0", store_ / "data.img"});
  }

  // Files of the image, as seen from outside.
  const TempTree& image() const { return image_; }
  void CommandLine(const std::string& text) { store_.Write("cmdline", text); }

  // One boot: a fresh namespace in which BF_DATA is mounted with `options` and nothing is bound.
  // `body` sees the device's paths. Its expectations count; an exit code it asks for is returned.
  int Boot(const std::function<void()>& body,
           const std::string& options = "nosuid,nodev,noexec,noatime") {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(InChild(body, options));
    int status = 0;
    ::waitpid(child, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    EXPECT_NE(code, kFailedInChild) << "expectations failed in the child, see above";
    EXPECT_NE(code, -1) << "the child died of signal " << WTERMSIG(status);
    return code;
  }

 private:
  static constexpr int kFailedInChild = 99;

  static void Tool(std::vector<std::string> argv) {
    const auto ran = host::RunOk({.argv = std::move(argv)});
    if (!ran) throw std::runtime_error(ran.error().ToString());
  }

  int InChild(const std::function<void()>& body, const std::string& options) {
    try {
      Enter(options);
      body();
    } catch (const std::exception& wrong) {
      ADD_FAILURE() << wrong.what();
    }
    return ::testing::Test::HasFailure() ? kFailedInChild : 0;
  }

  void Enter(const std::string& options) {
    Must(::unshare(CLONE_NEWNS), "unshare: these tests need root");
    Must(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make / private");
    const std::string root = image_.path();
    // Its own mount point, or mountinfo would show the tree as part of the host's root.
    Must(::mount(root.c_str(), root.c_str(), nullptr, MS_BIND, nullptr), "bind the image");
    Must(::mount("proc", (root + "/proc").c_str(), "proc", 0, nullptr), "mount /proc");
    Must(::mount((store_ / "cmdline").c_str(), (root + "/proc/cmdline").c_str(), nullptr, MS_BIND,
                 nullptr),
         "bind /proc/cmdline");
    Must(::mount("tmpfs", (root + "/run").c_str(), "tmpfs", 0, nullptr), "mount /run");
    const std::string data = root + "/var/lib/betterframe";
    if (options == "tmpfs") {
      Must(::mount("tmpfs", data.c_str(), "tmpfs", 0, "size=1m"), "mount a tmpfs");
    } else if (options != "none") {
      Tool({"mount", "-o", "loop," + options, store_ / "data.img", data});
    }
    Must(::mount(nullptr, root.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr),
         "make the image read-only");
    Must(::chroot(root.c_str()), "chroot");
    Must(::chdir("/"), "chdir");
  }

  static void Must(int result, const char* what) {
    if (result != 0) throw std::runtime_error(std::string(what) + ": " + ::strerror(errno));
  }

  TempTree image_;
  TempTree store_;
};

}  // namespace bf::testing_support
