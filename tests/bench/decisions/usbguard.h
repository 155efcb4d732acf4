// SPDX-License-Identifier: Apache-2.0
// libusbguard behind two functions: its headers stay in one file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace bf::bench {

class UsbguardRules {
 public:
  UsbguardRules();
  ~UsbguardRules();
  // An `allow …` rule in USBGuard's language.
  void AddRule(const std::string& rule);
  // Devices in the same language, parsed once.
  void AddDevice(const std::string& device);
  bool Allows(std::size_t device) const;
  // The same of a device that has just come, as its daemon does it: the descriptors are parsed and
  // hashed, and a rule is made of the device to be compared with. What its daemon does to tell
  // others (the device as text, before and after) is left out.
  struct Plugged {
    std::string vendor, product, name, serial, port;
    std::string_view descriptors;
  };
  bool AllowsPlugged(const Plugged& device) const;
  // As it would be written in a rule.
  std::string HashOf(const Plugged& device) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bf::bench
