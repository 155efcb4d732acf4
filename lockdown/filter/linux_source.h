// SPDX-License-Identifier: Apache-2.0
// The evdev node of a filtered device: held so that nobody else gets its events, whatever becomes
// of this process.
//
// What keeps the device mute while nobody filters it is `inhibited`. What keeps its keys from all
// others while somebody does is the grab, and a grab ends when the last descriptor of it is closed:
// a filter that is killed would leave the device open to the VT and to SysRq until something else
// had inhibited it. So service manager's descriptor store has a copy: PID 1 cannot be killed, and
// keeps it until ExecStopPost= has inhibited the device. The order is
//   grab, store, see that it was taken, inhibited=0, read …   and at the end   inhibited=1, close.
#pragma once

#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"
#include "lockdown/filter/key_filter.h"

namespace bf::lockdown::filter {

class Source {
 public:
  // `node` is "/dev/input/event3", `number` what sysfs says it is: "13:67", `inhibited` the path of
  // the attribute. The device is inhibited, grabbed and stored when this returns.
  static Result<Source> Hold(const std::string& node, const std::string& number,
                             const std::string& inhibited);

  // inhibited=0; what the device has queued meanwhile is thrown away.
  Status Release();
  Status Inhibit();
  // Nothing if there are none now; an error when the device is gone.
  Result<std::vector<Event>> Read();
  int fd() const { return node_.get(); }

 private:
  host::UniqueFd node_;
  host::UniqueFd inhibited_;
};

}  // namespace bf::lockdown::filter
