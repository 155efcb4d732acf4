// SPDX-License-Identifier: Apache-2.0
// Policy and device in, decision out. Pure, and deny is what comes out wherever anything is
// missing, odd or not listed. Each gate is judged by itself and trusts no other.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lockdown/device/device.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown {

enum class Gate { kUsb, kHid, kInput };
std::string_view ToString(Gate gate);

enum class Verdict { kDeny, kAllow };
std::string_view ToString(Verdict verdict);

struct Decision {
  Verdict verdict = Verdict::kDeny;
  Gate gate = Gate::kUsb;
  std::string subject;      // "1-1:1.0", "0003:0EEF:0001.0004", "input7"
  std::string entry;        // the [[allow]] that lets it in, or on a denial the closest one, or ""
  SourceRef because;        // its line
  std::string explanation;  // one line; on a denial the first thing that does not fit
  // Allowed, but for the filter daemon only: its nodes stay shut for everybody else.
  bool filtered = false;
  std::string group;  // allowed input: who may open the event nodes; "" root only

  bool allowed() const { return verdict == Verdict::kAllow; }
  bool operator==(const Decision&) const = default;
};

// What is true of the machine at this moment.
struct Situation {
  bool maintenance = false;  // a maintenance window is open
  // Where the disk of the running root hangs, below /sys: what carries it is not let in by that,
  // but never taken away either. A device that shuts out its own disk shows no kiosk. Asked for
  // only where something would be taken away: to find it takes longer than to decide.
  std::function<std::string()> root_disk = {};

  bool CarriesTheRoot(const std::string& interface) const {
    return root_disk && root_disk().starts_with(interface + "/");
  }
};

// Gate 1: may this interface get a driver? Needs device.usb with its descriptors; the
// interface need not have a directory yet.
Decision JudgeInterface(const Policy& policy, const Situation& situation,
                        const device::UsbDevice& usb, const device::UsbInterface& interface);

// Gate 2, before a driver is bound: may one be tried? The report descriptor reads empty here.
// `usb` is the USB device it hangs on, or null.
Decision JudgeBinding(const Policy& policy, const Situation& situation,
                      const device::UsbDevice* usb, const device::HidDevice& hid);
// Gate 2, right after: is the report descriptor the one that was allowed?
Decision JudgeReports(const Policy& policy, const Situation& situation,
                      const device::UsbDevice* usb, const device::HidDevice& hid);

// Gate 3: may events of this node reach anybody? `hid` is null for nodes of other drivers; its
// report descriptor is judged again here.
Decision JudgeInput(const Policy& policy, const Situation& situation, const device::UsbDevice* usb,
                    const device::HidDevice* hid, const device::InputNode& input);

// Every decision about a device as recorded, gate by gate.
std::vector<Decision> JudgeAll(const Policy& policy, const Situation& situation,
                               const device::Device& device);

// The interfaces as sysfs shows them; before a configuration is set, as the descriptors promise.
std::vector<device::UsbInterface> InterfacesOf(const device::UsbDevice& usb);
// The HID device and the USB interface a path below /sys lies in: parents are path prefixes.
const device::HidDevice* HidParent(const device::Device& device, std::string_view path);
// "1-1:1.0" of "/devices/…/usb1/1-1/1-1:1.0/0003:…", or "".
std::string_view InterfaceName(std::string_view path);
// Where a path says a device hangs; empty if no bus of the policy fits.
std::optional<Bus> BusOf(std::string_view path);

// Does somebody use this to point, at this moment: is there a touch panel or mouse in it that no
// gate holds? Any keyboard of a bench unit is let in as well, and nobody's product stands on it.
bool IsInUse(const device::Device& device);

// Devices that are in use and that the policy would block: each decision that does.
struct LockOut {
  std::string device;  // the recording's note, or its title
  Decision decision;
};
std::vector<LockOut> FindLockOuts(const Policy& policy, const Situation& situation,
                                  const std::vector<device::Device>& devices);
// "the touch panel: input gate, input10: no entry names … (policies/input.toml:3:1)"
std::string ToString(const LockOut& one);

}  // namespace bf::lockdown
