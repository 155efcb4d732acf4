// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/action.h"

#include "lockdown/apply/facts.h"

namespace bf::lockdown {

std::string LoadModule::Describe() const {
  return fmt::format("load the module {}: {}", name, why);
}
std::string StopAutoprobe::Describe() const { return "let no driver bind a HID device by itself"; }
std::string ShutInterfaces::Describe() const {
  return fmt::format("shut the interfaces of devices that come on {}", BaseName(path));
}
std::string LetDevices::Describe() const {
  return fmt::format("let devices on {} be configured, without drivers", BaseName(path));
}
std::string ShutDevices::Describe() const {
  return fmt::format("shut {} altogether", BaseName(path));
}
std::string DropChords::Describe() const {
  return fmt::format("take {} out of the keymap",
                     switches ? "the chords that change terminals, and SAK," : "SAK");
}
std::string AuthorizeDevice::Describe() const {
  return fmt::format("configure USB device {}, without drivers", BaseName(path));
}
std::string DeauthorizeDevice::Describe() const {
  return fmt::format("shut USB device {}", BaseName(path));
}
std::string AuthorizeInterface::Describe() const {
  return fmt::format("authorize USB interface {} for {}", BaseName(path), entry);
}
std::string DeauthorizeInterface::Describe() const {
  return fmt::format("shut USB interface {}", BaseName(path));
}
std::string BindHid::Describe() const {
  return fmt::format("bind HID device {} for {}", BaseName(path), entry);
}
std::string UnbindHid::Describe() const {
  return fmt::format("unbind HID device {} from {}", BaseName(path), driver);
}
std::string InhibitInput::Describe() const { return fmt::format("inhibit {}", BaseName(path)); }
std::string ReleaseInput::Describe() const {
  return fmt::format("release {} for {}", BaseName(path), entry);
}

std::string PathOf(const Action& action) {
  return std::visit(
      [](const auto& one) -> std::string {
        if constexpr (requires { one.path; }) return one.path;
        return {};
      },
      action);
}

bool Opens(const Action& action) {
  return std::holds_alternative<LetDevices>(action) ||
         std::holds_alternative<AuthorizeDevice>(action) ||
         std::holds_alternative<AuthorizeInterface>(action) ||
         std::holds_alternative<BindHid>(action) || std::holds_alternative<ReleaseInput>(action);
}

}  // namespace bf::lockdown
