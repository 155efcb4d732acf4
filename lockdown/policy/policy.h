// SPDX-License-Identifier: Apache-2.0
// policies/input.toml: which devices may bring input, and which ways into the console are open.
// Whatever it does not name is denied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/reader.h"
#include "lockdown/device/device.h"
#include "lockdown/input/capabilities.h"

namespace bf::lockdown {

using policy::Located;

// How a device reaches the machine. It is read from where the device hangs in sysfs, never from
// the bus number it claims.
enum class Bus { kUsb, kBluetooth, kI2c, kPlatform, kSerio, kRc, kUinput, kUhid };
std::string_view ToString(Bus bus);

// What an input node can do to the console, if nothing else stops it. An entry that lets such a
// node in must say so.
enum class Power {
  kType,        // the VT takes its keys
  kSysrq,       // the SysRq handler takes it
  kSwitchVt,    // it has an Alt key; whoever has the other half of the chord has less
  kCtrlAltDel,  // it has Alt and Delete
  kPowerKeys,   // logind acts on it
  kSound,       // the VT beeps through it
};
std::string_view ToString(Power power);
std::vector<Power> PowersOf(const input::Capabilities& capabilities);

// One input node that an allowed device makes: [[allow.input]].
struct AllowInput {
  SourceRef at;
  Located<std::string> name;
  Located<device::InputId> id;
  // "": wherever it is. Otherwise exact, or "*" and how it ends.
  Located<std::string> phys;
  Located<input::Capabilities> capabilities;
  std::vector<Located<Power>> can;  // exactly what the capabilities can do
  Located<std::string> because;     // why that is acceptable; required with `can`
};

struct AllowInterface {
  device::ClassCode code;
  bool bound = true;  // gets a driver
};

struct Allow {
  SourceRef at;
  Located<std::string> name;
  Located<std::string> reason;
  Located<std::string> owner;
  Located<Bus> bus;
  // USB and HID.
  Located<std::uint16_t> vendor;
  Located<std::uint16_t> product;
  Located<std::string> device_name;  // USB: the product string; HID: HID_NAME
  // USB only.
  Located<std::uint16_t> version;  // bcdDevice
  std::optional<Located<std::string>> serial;
  Located<std::string> port;                        // "": any
  std::vector<Located<AllowInterface>> interfaces;  // all it has, in order
  Located<std::string> descriptors;                 // SHA-256, 64 hexadecimal digits
  // One for each HID interface that is bound, in order; for a HID device on another bus one.
  std::vector<Located<std::string>> report_descriptors;  // SHA-256
  Located<bool> maintenance;                             // only in an open maintenance window
  Located<std::string> group;  // who may open its event nodes besides root; "" nobody
  std::vector<AllowInput> inputs;

  bool has_hid() const { return !report_descriptors.empty(); }
};

// [[filter]]: an allowed device of which only some keys count. The filter daemon grabs its nodes
// and gives on what is listed, through a uinput device of its own.
struct Filter {
  SourceRef at;
  Located<std::string> device;  // the name of an [[allow]]
  Located<std::string> reason;
  std::vector<Located<std::uint16_t>> keys;
};

enum class Nodes { kOff, kRoot };             // uinput, uhid: for nobody, or for root alone
enum class PowerKeys { kIgnore, kPoweroff };  // what logind does on a power key
enum class Bluetooth { kOff, kBonded };       // kBonded: input of bonded devices only

// Every field is at its strictest where the file says nothing, and needs a reason where it is not.
struct Console {
  SourceRef at;
  Located<std::int64_t> sysrq;  // the value of kernel.sysrq; 0 is off
  Located<bool> vt_switch;
  Located<bool> ctrl_alt_del;  // whether it reboots
  Located<PowerKeys> power_keys;
  std::vector<Located<std::string>> gettys;  // terminals that may ask for a login
  Located<bool> emergency_shell;             // whether a failed boot may open one
  Located<bool> tiocsti;
  Located<Nodes> uinput;
  Located<Nodes> uhid;
  Located<Bluetooth> bluetooth;
  Located<bool> remotes;            // HDMI-CEC and infrared (rc-core)
  Located<bool> ps2;                // i8042 and serio
  Located<bool> virtual_keyboards;  // whether clients of a Wayland compositor may type

  struct Reason {
    std::string key;
    Located<std::string> text;
  };
  std::vector<Reason> reasons;
};

struct Usb {
  SourceRef at;
  Located<std::int64_t> hubs;  // how many hubs may lie between a root port and a device
  Located<std::string> reason;
};

enum class Window { kOff, kRoot, kSigned };
struct Maintenance {
  SourceRef at;
  Located<Window> window;
  Located<std::int64_t> longest_ms;
  Located<std::string> key;  // kSigned: an Ed25519 public key, 64 hexadecimal digits
  Located<std::string> reason;
};

// The bytes of input.toml, for whoever asks at each decision whether they are still the same.
struct TextMark {
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;  // hash::ChecksumOf
};

struct Policy {
  std::string hash;  // SHA-256 of the bytes of input.toml
  TextMark text;
  SourceRef at;
  std::vector<Allow> allows;  // in the order of the file
  std::vector<Filter> filters;
  Console console;
  Usb usb;
  Maintenance maintenance;

  const Allow* Find(std::string_view name) const;
  const Filter* FilterOf(const Allow& allow) const;
};

// What entries are looked up by. Those that have no ids have 0.
struct EntryKey {
  Bus bus = Bus::kUsb;
  std::uint16_t vendor = 0;
  std::uint16_t product = 0;

  auto operator<=>(const EntryKey&) const = default;
};
EntryKey KeyOf(const Allow& entry);
struct KeyRange {
  EntryKey first;
  EntryKey last;

  bool Contains(const EntryKey& key) const { return first <= key && key <= last; }
};

inline constexpr std::string_view kPolicyFile = "input.toml";
// More entries than this are refused.
inline constexpr std::size_t kMostAllows = 4096;

// The uinput device that a filter gives its keys on through: this name, this id, EV_KEY with
// exactly the keys of the filter, and nothing else. The input gate lets no other through.
std::string FilterOutputName(const Filter& filter);  // "BetterFrame filter NAME"
inline constexpr device::InputId kFilterOutputId = {0x0006, 0, 0, 1};

// Reads DIR/input.toml. An error of kind kPolicy has all diagnostics.
Result<Policy> LoadPolicy(const std::string& dir);
// The same from text; `file` is the name for diagnostics.
Result<Policy> ParsePolicy(std::string_view text, const std::string& file);

}  // namespace bf::lockdown
