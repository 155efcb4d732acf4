// SPDX-License-Identifier: Apache-2.0
// libusbguard behind two functions: its headers stay in one file.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace bf::bench {

class UsbguardRules {
 public:
  // Each an `allow …` rule in USBGuard's language.
  explicit UsbguardRules(const std::vector<std::string>& rules);
  ~UsbguardRules();
  // Devices in the same language, parsed once.
  void AddDevice(const std::string& device);
  bool Allows(std::size_t device) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bf::bench
