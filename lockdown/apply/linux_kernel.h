// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "core/host/fd.h"
#include "lockdown/apply/kernel.h"

namespace bf::lockdown {

// Reads sysfs below ROOT, and cannot write. Directories stay open, so that all that is read of a
// device is of the same one.
class LinuxSysfs : public Sysfs {
 public:
  explicit LinuxSysfs(std::string root) : root_(std::move(root)) {}

  Result<std::string> Read(const std::string& directory, const std::string& attribute,
                           std::size_t limit) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Result<std::string> Link(const std::string& directory, const std::string& name) override;
  Result<std::optional<Chords>> ReadChords() override;
  void Forget() override { directories_.clear(); }

  // No openat2 here: what udev starts is under RestrictSUIDSGID=, which answers ENOSYS to it. There
  // is nothing hostile about the paths of sysfs, only about what is in the files.
  Result<int> Directory(const std::string& directory);
  Result<host::UniqueFd> OpenIn(const std::string& directory, const std::string& name, int flags);
  const std::string& root() const { return root_; }

 private:
  std::string root_;
  std::map<std::string, host::UniqueFd> directories_;
};

class LinuxKernel : public Kernel {
 public:
  explicit LinuxKernel(std::string root) : sysfs_(std::move(root)) {}

  Result<std::string> Read(const std::string& directory, const std::string& attribute,
                           std::size_t limit) override {
    return sysfs_.Read(directory, attribute, limit);
  }
  Result<std::vector<std::string>> List(const std::string& directory) override {
    return sysfs_.List(directory);
  }
  Result<std::string> Link(const std::string& directory, const std::string& name) override {
    return sysfs_.Link(directory, name);
  }
  Result<std::optional<Chords>> ReadChords() override { return sysfs_.ReadChords(); }
  void Forget() override { sysfs_.Forget(); }

  Status Write(const std::string& directory, const std::string& attribute,
               const std::string& text) override;
  Status LoadModule(const std::string& name) override;
  Status ReleaseInput(const std::string& input, const std::string& event) override;
  Status DropChords(bool switches) override;

 private:
  LinuxSysfs sysfs_;
};

}  // namespace bf::lockdown
