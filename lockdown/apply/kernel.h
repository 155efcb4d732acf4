// SPDX-License-Identifier: Apache-2.0
// What this part needs of a running kernel: attributes of sysfs, and three things beside them. The
// Linux one is in linux_kernel.h; tests have one that plays a kernel.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "lockdown/keymap/chords.h"

namespace bf::lockdown {

class Sysfs {
 public:
  virtual ~Sysfs() = default;

  // Directories are paths below /sys, such as "/devices/…/usb1/1-1" or "/bus/hid". One that was
  // read from is the one that is written to: when the device is gone, and another one is there
  // under the same name, the write fails.
  virtual Result<std::string> Read(const std::string& directory, const std::string& attribute,
                                   std::size_t limit) = 0;
  // Names in it, sorted.
  virtual Result<std::vector<std::string>> List(const std::string& directory) = 0;
  // Where a symlink in it points to, as it is.
  virtual Result<std::string> Link(const std::string& directory, const std::string& name) = 0;
  // Of the keymap; nothing where there are no virtual terminals.
  virtual Result<std::optional<Chords>> ReadChords() = 0;
  // Opens everything anew from now on.
  virtual void Forget() = 0;
};

class Kernel : public Sysfs {
 public:
  virtual Status Write(const std::string& directory, const std::string& attribute,
                       const std::string& text) = 0;
  // Loads a module, by name or alias, and what it needs. Built in, or there already, is well.
  virtual Status LoadModule(const std::string& name) = 0;
  // inhibited=0 on an input node, so that nothing it queued while it was inhibited reaches anybody:
  // its event node is grabbed, and read empty, first. `event` is "event3".
  virtual Status ReleaseInput(const std::string& input, const std::string& event) = 0;
  // Takes SAK out of the keymap, and with `switches` what changes terminals; and sees that it did.
  virtual Status DropChords(bool switches) = 0;
};

// An attribute of one line without its newline. A name of a device may have more of them.
Result<std::string> ReadAttribute(Sysfs& sysfs, const std::string& directory,
                                  const std::string& attribute);
// The directory itself is gone: the device was unplugged.
bool IsGone(const Error& error);

}  // namespace bf::lockdown
