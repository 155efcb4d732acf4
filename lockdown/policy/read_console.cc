// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lockdown/input/key_names.h"
#include "lockdown/policy/read.h"

namespace bf::lockdown {
namespace {

bool GoodTerminal(std::string_view name) {
  return name.size() >= 4 && name.size() <= 32 && name.starts_with("tty") &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

// The keys of [console] whose values open something.
std::vector<std::pair<std::string_view, SourceRef>> Opened(const Console& console) {
  std::vector<std::pair<std::string_view, SourceRef>> opened;
  const auto add = [&](bool open, std::string_view key, const SourceRef& at) {
    if (open) opened.emplace_back(key, at);
  };
  add(console.sysrq.value != 0, "sysrq", console.sysrq.at);
  add(console.vt_switch.value, "vt_switch", console.vt_switch.at);
  add(console.ctrl_alt_del.value, "ctrl_alt_del", console.ctrl_alt_del.at);
  add(console.power_keys.value != PowerKeys::kIgnore, "power_keys", console.power_keys.at);
  if (!console.gettys.empty()) add(true, "gettys", console.gettys.front().at);
  add(console.emergency_shell.value, "emergency_shell", console.emergency_shell.at);
  add(console.tiocsti.value, "tiocsti", console.tiocsti.at);
  add(console.uinput.value != Nodes::kOff, "uinput", console.uinput.at);
  add(console.uhid.value != Nodes::kOff, "uhid", console.uhid.at);
  add(console.bluetooth.value != Bluetooth::kOff, "bluetooth", console.bluetooth.at);
  add(console.remotes.value, "remotes", console.remotes.at);
  add(console.ps2.value, "ps2", console.ps2.at);
  add(console.virtual_keyboards.value, "virtual_keyboards", console.virtual_keyboards.at);
  return opened;
}

void CheckReasons(policy::Reader& reader, Console& console) {
  auto& diagnostics = reader.diagnostics();
  const auto opened = Opened(console);
  reader.SubTable("reasons", [&](policy::Reader& reasons) {
    for (const std::string& key : reasons.Keys()) {
      const bool open = std::any_of(opened.begin(), opened.end(),
                                    [&](const auto& one) { return one.first == key; });
      if (open)
        console.reasons.push_back({key, reasons.String(key)});
      else
        reasons.Refuse(key, "[console] does not open it, so there is nothing to give a reason for");
    }
  });
  for (const auto& one : opened) {
    const bool given = std::any_of(console.reasons.begin(), console.reasons.end(),
                                   [&](const auto& reason) { return reason.key == one.first; });
    if (!given)
      diagnostics.Add(one.second,
                      "\"{}\" opens something: [console.reasons] must say why, {} = \"…\"",
                      one.first, one.first);
  }
}

}  // namespace

Console ReadConsole(policy::Reader& reader) {
  Console console;
  auto& diagnostics = reader.diagnostics();
  console.at = reader.at();
  console.sysrq = reader.Integer("sysrq", 0, 511, 0);
  console.vt_switch = reader.Bool("vt_switch", false);
  console.ctrl_alt_del = reader.Bool("ctrl_alt_del", false);
  console.power_keys = reader.Enum<PowerKeys>(
      "power_keys", {{"ignore", PowerKeys::kIgnore}, {"poweroff", PowerKeys::kPoweroff}},
      PowerKeys::kIgnore);
  for (const auto& name : reader.Strings("gettys")) {
    if (!GoodTerminal(name.value))
      diagnostics.Add(name.at, "\"{}\" is not a terminal such as \"tty1\" or \"ttyS0\"",
                      name.value);
    const bool twice = std::any_of(console.gettys.begin(), console.gettys.end(),
                                   [&](const auto& one) { return one.value == name.value; });
    if (twice) diagnostics.Add(name.at, "\"{}\" is listed twice", name.value);
    console.gettys.push_back(name);
  }
  console.emergency_shell = reader.Bool("emergency_shell", false);
  console.tiocsti = reader.Bool("tiocsti", false);
  console.uinput =
      reader.Enum<Nodes>("uinput", {{"off", Nodes::kOff}, {"root", Nodes::kRoot}}, Nodes::kOff);
  console.uhid =
      reader.Enum<Nodes>("uhid", {{"off", Nodes::kOff}, {"root", Nodes::kRoot}}, Nodes::kOff);
  console.bluetooth = reader.Enum<Bluetooth>(
      "bluetooth", {{"off", Bluetooth::kOff}, {"bonded", Bluetooth::kBonded}}, Bluetooth::kOff);
  console.remotes = reader.Bool("remotes", false);
  console.ps2 = reader.Bool("ps2", false);
  console.virtual_keyboards = reader.Bool("virtual_keyboards", false);
  CheckReasons(reader, console);
  return console;
}

Usb ReadUsb(policy::Reader& reader) {
  Usb usb;
  usb.at = reader.at();
  // Seven tiers are all that USB has: the root hub, five hubs, a device.
  usb.hubs = reader.Integer("hubs", 0, 5, 0);
  usb.reason = reader.String("reason", "");
  if (usb.hubs.value > 0 && usb.reason.value.empty())
    reader.diagnostics().Add(usb.hubs.at, "\"hubs\" lets hubs in: reason = \"…\" must say why");
  return usb;
}

Maintenance ReadMaintenance(policy::Reader& reader) {
  constexpr std::int64_t kLongest = std::int64_t{8} * 60 * 60 * 1000;
  Maintenance maintenance;
  auto& diagnostics = reader.diagnostics();
  maintenance.at = reader.at();
  maintenance.window = reader.Enum<Window>(
      "window", {{"off", Window::kOff}, {"root", Window::kRoot}, {"signed", Window::kSigned}},
      Window::kOff);
  maintenance.longest_ms = reader.Milliseconds("longest", std::int64_t{30} * 60 * 1000);
  if (maintenance.longest_ms.value < 1000 || maintenance.longest_ms.value > kLongest)
    diagnostics.Add(maintenance.longest_ms.at, "\"longest\" must be between 1s and 8h");
  maintenance.reason = reader.String("reason", "");
  if (maintenance.window.value != Window::kOff && maintenance.reason.value.empty())
    diagnostics.Add(maintenance.window.at,
                    "a maintenance window lets more in: reason = \"…\" must say why");
  maintenance.key = reader.String("key", "");
  const bool is_signed = maintenance.window.value == Window::kSigned;
  const std::string& key = maintenance.key.value;
  const bool good = key.size() == 64 && key.find_first_not_of("0123456789abcdef") == key.npos;
  if (is_signed && !good)
    diagnostics.Add(maintenance.key.at,
                    "window = \"signed\" needs \"key\": an Ed25519 public key as 64 lower-case "
                    "hexadecimal digits");
  if (!is_signed && reader.Has("key"))
    diagnostics.Add(maintenance.key.at, "\"key\" is only for window = \"signed\"");
  return maintenance;
}

Filter ReadFilter(policy::Reader& reader) {
  Filter filter;
  auto& diagnostics = reader.diagnostics();
  filter.at = reader.at();
  filter.device = reader.String("device");
  filter.reason = reader.String("reason");
  if (!reader.Has("keys"))
    diagnostics.Add(filter.at, "the key \"keys\" is missing: the keys that are given on");
  for (const auto& name : reader.Strings("keys")) {
    const auto code = input::KeyCode(name.value);
    if (!code) {
      std::vector<std::string_view> names;
      for (const auto& known : input::KeyNames()) names.push_back(known.name);
      const auto closest = policy::ClosestMatch(name.value, names);
      if (closest.empty())
        diagnostics.Add(name.at, "there is no key \"{}\"", name.value);
      else
        diagnostics.Add(name.at, "there is no key \"{}\" (did you mean \"{}\"?)", name.value,
                        closest);
      continue;
    }
    const auto key = static_cast<std::uint16_t>(*code);
    const bool twice = std::any_of(filter.keys.begin(), filter.keys.end(),
                                   [&](const auto& one) { return one.value == key; });
    if (twice) diagnostics.Add(name.at, "\"{}\" is listed twice", name.value);
    filter.keys.push_back({key, name.at});
  }
  if (reader.Has("keys") && reader.Strings("keys").empty())
    diagnostics.Add(reader.At("keys"), "\"keys\" lists none: leave the device out of [[allow]]");
  return filter;
}

}  // namespace bf::lockdown
