// SPDX-License-Identifier: Apache-2.0
// A device in miniature: ext4 images of its roots and of BF_DATA, mounted as on the real one in a
// mount namespace of its own, with the tool run in a chroot. What happens in there stays there.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "overlays/linux_tree.h"
#include "tests/support/temp_tree.h"

namespace bf::overlays::test {

struct Os {
  std::string version = "1";
  std::string uuid = "11111111-1111-1111-1111-111111111111";  // of its root file system
  // Puts what this OS has below its root, which is given.
  std::function<void(const testing_support::TempTree&)> fill = {};
};

struct ToolRun {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class Device {
 public:
  Device();

  // The image of an OS, made anew.
  void Flash(const std::string& slot, const Os& os);
  // What each overlays.toml says from the next Flash on.
  void SetPolicy(std::string text) { policy_ = std::move(text); }
  void SetDataSize(std::string size);

  struct BootOptions {
    bool data = true;
    bool data_read_only = false;
  };
  // A child process in a namespace of its own, in which the root of `slot` is "/" and BF_DATA is
  // mounted; runs `body` there. Failed expectations in it fail the test. Returns the exit code.
  int Boot(const std::string& slot, const std::function<void()>& body, BootOptions options);
  int Boot(const std::string& slot, const std::function<void()>& body) {
    return Boot(slot, body, BootOptions{true, false});
  }

  // The bytes of a root image, as a hash.
  std::string RootHash(const std::string& slot) const;

 private:
  std::string Image(const std::string& name) const { return tree_ / (name + ".img"); }

  testing_support::TempTree tree_;
  std::string policy_;
};

// To be used inside Boot():
ToolRun Tool(const std::vector<std::string>& args, StepHook hook = {});
// apply, expected to end well and with this result in overlay.json.
void Apply(const std::string& result = "ok", StepHook hook = {});
std::string Read(const std::string& path);  // "(absent)" if there is nothing
void Write(const std::string& path, const std::string& content);
void MakeDir(const std::string& path);
bool Exists(const std::string& path);  // not following symlinks
unsigned ModeOf(const std::string& path);
// "name type mode uid content" of everything below, sorted: to compare trees.
std::string Listing(const std::string& path);

inline constexpr const char* kStore = "/var/lib/betterframe/overlay/site";

}  // namespace bf::overlays::test
