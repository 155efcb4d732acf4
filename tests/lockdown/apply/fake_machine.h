// SPDX-License-Identifier: Apache-2.0
// A sysfs tree as a kernel lays it out, made of recorded devices, and a kernel over it that records
// what is written, reacts as Linux does, and fails where a test says so.
#pragma once

#include <functional>

#include "lockdown/apply/facts.h"
#include "lockdown/apply/linux_kernel.h"
#include "tests/support/temp_tree.h"

namespace bf::lockdown::test {

inline constexpr const char* kHub = "/devices/pci0000:00/0000:00:04.0/usb1";

std::vector<device::Device> Recorded(const std::string& name);  // of ../corpus/NAME.json
// The entry that is proposed for it, with what a person has to add, as a whole input.toml.
std::string PolicyFor(const device::Device& device);

class FakeMachine {
 public:
  FakeMachine();
  // All of a device, as recorded.
  void Plant(const device::Device& device);
  // Only the USB device, waiting: not configured.
  void PlantWaiting(const device::UsbDevice& usb);
  void PlantInterface(const device::UsbDevice& usb, const device::UsbInterface& interface);
  void PlantHid(const device::HidDevice& hid);
  void PlantInput(const device::InputNode& input);
  void RemoveTree(const std::string& path);
  void Set(const std::string& path, const std::string& attribute, const std::string& text) {
    tree.Write("sys" + path + "/" + attribute, text + "\n");
  }
  std::string Get(const std::string& path, const std::string& attribute) const;

  testing_support::TempTree tree;
};

class FakeKernel : public Kernel {
 public:
  explicit FakeKernel(FakeMachine& machine) : machine_(machine), real_(machine.tree.path()) {}

  Result<std::string> Read(const std::string& directory, const std::string& attribute,
                           std::size_t limit) override {
    return real_.Read(directory, attribute, limit);
  }
  Result<std::vector<std::string>> List(const std::string& directory) override {
    return real_.List(directory);
  }
  Result<std::string> Link(const std::string& directory, const std::string& name) override {
    return real_.Link(directory, name);
  }
  Result<std::optional<Chords>> ReadChords() override { return chords; }
  void Forget() override { real_.Forget(); }
  Status Write(const std::string& directory, const std::string& attribute,
               const std::string& text) override;
  Status LoadModule(const std::string& name) override;
  Status ReleaseInput(const std::string& input, const std::string& event) override;
  Status DropChords(bool switches) override {
    if (!drop_fails.empty()) return Fail("{}", drop_fails);
    chords->attention = 0;
    if (switches) chords->switches = 0;
    return {};
  }

  std::optional<Chords> chords;  // none: no virtual terminals
  std::string drop_fails;
  std::vector<std::string> writes;                         // "usb1/authorized_default=1"
  std::map<std::string, std::function<void()>> reactions;  // after such a write
  std::map<std::string, std::string> reads_as;             // what is read after it, instead
  std::string fails;                                       // a write that fails, or its beginning
  std::function<void()> on_fail;                           // what somebody else does meanwhile

 private:
  FakeMachine& machine_;
  LinuxKernel real_;
};

}  // namespace bf::lockdown::test
