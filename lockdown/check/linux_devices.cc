// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/linux_devices.h"

#include <set>

#include "lockdown/apply/facts.h"
#include "lockdown/apply/linux_kernel.h"
#include "lockdown/maintenance/linux_maintenance.h"

namespace bf::lockdown::check {
namespace {

// `apply` leaves out what it cannot read, for it is shut anyway. Here it has to be told: one name
// of sysfs that no device has.
std::string FindUnread(LinuxSysfs& sysfs, const std::vector<device::Device>& devices) {
  std::set<std::string, std::less<>> read;
  for (const auto& device : devices) {
    if (device.usb) {
      read.insert(device.usb->name);
      for (const auto& interface : device.usb->interfaces) read.insert(interface.name);
    }
    for (const auto& hid : device.hid) read.insert(hid.name);
    for (const auto& input : device.input) read.insert(input.name);
  }
  for (const char* directory : {"/bus/usb/devices", "/bus/hid/devices", "/class/input"}) {
    const auto names = sysfs.List(directory);
    if (!names) {
      // A kernel without USB has no such directory; one without input has nothing to lock.
      if (names.error().sys_errno == ENOENT) continue;
      return names.error().ToString();
    }
    for (const auto& name : *names) {
      const bool input = std::string_view(directory) == "/class/input";
      if (input && !name.starts_with("input")) continue;
      const bool root_hub = name.starts_with("usb") || name.find("-0:") != name.npos;
      if (!root_hub && !read.contains(name))
        return fmt::format("/sys{}/{} could not be read", directory, name);
    }
  }
  return "";
}

}  // namespace

void ReadDevices(const std::string& root, const Policy& policy, Facts& facts) {
  LinuxSysfs sysfs(root);
  auto seen = lockdown::Observe(sysfs);
  if (!seen) {
    facts.devices.problem = seen.error().ToString();
    return;
  }
  facts.devices.problem = FindUnread(sysfs, seen->devices);
  facts.devices.items = std::move(seen->devices);
  const auto situation = ReadSituation(root, policy);
  facts.maintenance = situation && situation->maintenance;
  facts.maintenance_problem = situation ? "" : situation.error().ToString();
}

}  // namespace bf::lockdown::check
