// SPDX-License-Identifier: Apache-2.0
// What `apply` and `decide` can do to a gate or a device. Paths are below /sys.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/plan/plan.h"

namespace bf::lockdown {

// Gates.
struct LoadModule {
  static constexpr std::string_view kName = "load-module";
  std::string name;
  std::string why;
  std::string Describe() const;
  bool operator==(const LoadModule&) const = default;
};
struct StopAutoprobe {
  static constexpr std::string_view kName = "stop-autoprobe";
  std::string Describe() const;
  bool operator==(const StopAutoprobe&) const = default;
};
struct ShutInterfaces {
  static constexpr std::string_view kName = "shut-interfaces";
  std::string path;  // of a root hub
  std::string Describe() const;
  bool operator==(const ShutInterfaces&) const = default;
};
// New devices on a bus get configured; only after ShutInterfaces.
struct LetDevices {
  static constexpr std::string_view kName = "let-devices";
  std::string path;
  std::string Describe() const;
  bool operator==(const LetDevices&) const = default;
};
struct ShutDevices {
  static constexpr std::string_view kName = "shut-devices";
  std::string path;
  std::string Describe() const;
  bool operator==(const ShutDevices&) const = default;
};

// Chords of the keymap that leave the screen of the application.
struct DropChords {
  static constexpr std::string_view kName = "drop-chords";
  bool switches = false;  // those that change terminals, too, and not SAK alone
  std::string Describe() const;
  bool operator==(const DropChords&) const = default;
};

// Devices.
struct AuthorizeDevice {
  static constexpr std::string_view kName = "authorize-device";
  std::string path;
  std::string Describe() const;
  bool operator==(const AuthorizeDevice&) const = default;
};
struct DeauthorizeDevice {
  static constexpr std::string_view kName = "deauthorize-device";
  std::string path;
  std::string Describe() const;
  bool operator==(const DeauthorizeDevice&) const = default;
};
struct AuthorizeInterface {
  static constexpr std::string_view kName = "authorize-interface";
  std::string path;
  std::string entry;
  std::string Describe() const;
  bool operator==(const AuthorizeInterface&) const = default;
};
struct DeauthorizeInterface {
  static constexpr std::string_view kName = "deauthorize-interface";
  std::string path;
  std::string Describe() const;
  bool operator==(const DeauthorizeInterface&) const = default;
};
struct BindHid {
  static constexpr std::string_view kName = "bind-hid";
  std::string path;
  std::string entry;
  std::string Describe() const;
  bool operator==(const BindHid&) const = default;
};
struct UnbindHid {
  static constexpr std::string_view kName = "unbind-hid";
  std::string path;
  std::string driver;
  std::string Describe() const;
  bool operator==(const UnbindHid&) const = default;
};
struct InhibitInput {
  static constexpr std::string_view kName = "inhibit-input";
  std::string path;
  std::string Describe() const;
  bool operator==(const InhibitInput&) const = default;
};
struct ReleaseInput {
  static constexpr std::string_view kName = "release-input";
  std::string path;
  std::string event;  // "event3": what it is drained through
  std::string entry;
  std::string Describe() const;
  bool operator==(const ReleaseInput&) const = default;
};

using Action =
    std::variant<LoadModule, StopAutoprobe, ShutInterfaces, LetDevices, ShutDevices,
                 AuthorizeDevice, DeauthorizeDevice, AuthorizeInterface, DeauthorizeInterface,
                 BindHid, UnbindHid, InhibitInput, ReleaseInput, DropChords>;
using Plan = plan::Plan<Action>;

// "" for an action on a gate of the whole machine.
std::string PathOf(const Action& action);
// It lets something in. What does not, shuts.
bool Opens(const Action& action);

}  // namespace bf::lockdown
