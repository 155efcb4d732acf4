// SPDX-License-Identifier: Apache-2.0
// How far one entry and one device agree. For judge.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lockdown/device/device.h"
#include "lockdown/judge/keys.h"
#include "lockdown/policy/policy.h"
#include "lockdown/usb/descriptors.h"

namespace bf::lockdown {

// What is compared, in this order. The first that differs is what a person is told; the entry that
// gets furthest is the one they meant.
enum class Step {
  kBus,
  kIds,
  kVersion,
  kDeviceName,
  kSerial,
  kPort,
  kInterfaces,
  kDescriptors,
  kInterface,  // the one that a driver wants, or the one that the node hangs on
  kReports,    // the report descriptor
  kInputName,
  kInputId,
  kInputPhys,
  kCapabilities,
  kMaintenance,  // it fits, but no window is open
  kNone,         // it fits
};

// Reads the bitmaps as the kernel prints them; what it would not print fits nothing. The problem,
// or "".
std::string ReadCapabilities(const device::Capabilities& text, input::Capabilities& bits);

// A device read once, compared with many entries.
class Candidate {
 public:
  Candidate(const device::UsbDevice* usb, const device::HidDevice* hid,
            const device::InputNode* input);

  // The interface that is asked about; none when only the device is.
  void Interface(const device::UsbInterface& interface) { interface_ = &interface; }
  // The report descriptor counts from now on.
  void WithReports() { reports_ = true; }

  // Why no entry at all can fit, or "". What is wrong with the descriptors of a USB device shows
  // only once an entry has its ids: they are not read for what nobody names.
  const std::string& problem() const { return problem_; }
  std::optional<Bus> bus() const { return bus_; }
  // Whoever is not under these differs at the ids or before.
  KeyRange Keys() const { return KeysOn(*bus_, usb_, hid_); }
  Step FirstDifference(const Allow& entry);
  // What is different at that step, in one line.
  std::string Explain(const Allow& entry, Step step);
  // "0eef:0001", or the name of an input node.
  std::string Identity() const;
  // A hub and nothing else.
  bool IsHub();

 private:
  bool ReadDescriptors();
  Step UsbDifference(const Allow& entry);
  Step HidDifference(const Allow& entry);
  Step InputDifference(const Allow& entry);
  Step InputDifference(const AllowInput& entry) const;
  std::optional<std::size_t> Position() const;
  std::string InterfacesText() const;
  const AllowInput* Closest(const Allow& entry) const;
  const std::string& DescriptorsHash();
  const std::string& ReportsHash();
  const Located<std::string>* WantedReports(const Allow& entry) const;

  const device::UsbDevice* usb_;
  const device::HidDevice* hid_;
  const device::InputNode* input_;
  const device::UsbInterface* interface_ = nullptr;
  bool reports_ = false;
  std::optional<Bus> bus_;
  std::string problem_;
  std::optional<usb::Descriptors> descriptors_;
  std::optional<input::Capabilities> capabilities_;  // of input_
  std::string descriptors_hash_;
  std::string reports_hash_;
};

}  // namespace bf::lockdown
