// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lockdown/device/hex.h"
#include "lockdown/policy/read.h"

namespace bf::lockdown {
namespace {

// The key has been asked for with String(): "" is reported already, or absent.
Located<std::uint16_t> Id(const Located<std::string>& text, std::string_view key,
                          policy::Diagnostics& diagnostics) {
  Located<std::uint16_t> id{0, text.at};
  if (text.value.empty()) return id;
  if (const auto parsed = device::ParseHex16(text.value)) {
    id.value = *parsed;
  } else if (text.value.find_first_of("*?[") != std::string::npos) {
    diagnostics.Add(text.at, "\"{}\" = \"{}\": an entry names one device; there are no wildcards",
                    key, text.value);
  } else {
    diagnostics.Add(text.at,
                    "\"{}\" must be 4 hexadecimal digits, as lsusb prints them, not \"{}\"", key,
                    text.value);
  }
  return id;
}

// "sha256:" and 64 digits; kept without the prefix.
Located<std::string> Hash(const Located<std::string>& text, std::string_view key,
                          policy::Diagnostics& diagnostics) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.value.empty()) return text;
  const std::string_view digits =
      std::string_view(text.value).substr(std::min(kPrefix.size(), text.value.size()));
  const bool good = text.value.starts_with(kPrefix) && digits.size() == 64 &&
                    digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (good) return {std::string(digits), text.at};
  diagnostics.Add(text.at, "\"{}\" must be \"sha256:\" and 64 lower-case hexadecimal digits", key);
  return {"", text.at};
}

bool GoodPort(std::string_view port) {
  const auto number = [&] {
    std::size_t digits = 0;
    while (digits < port.size() && port[digits] >= '0' && port[digits] <= '9') ++digits;
    const bool good = digits > 0 && digits <= 3 && port.front() != '0';
    port.remove_prefix(digits);
    return good;
  };
  if (!number() || !port.starts_with('-')) return false;
  do {
    port.remove_prefix(1);
    if (!number()) return false;
  } while (port.starts_with('.'));
  return port.empty();
}

std::optional<AllowInterface> ParseInterface(std::string_view text) {
  constexpr std::string_view kUnbound = " unbound";
  AllowInterface interface;
  interface.bound = !text.ends_with(kUnbound);
  if (!interface.bound) text.remove_suffix(kUnbound.size());
  const auto code = device::ParseClassCode(text);
  if (!code) return std::nullopt;
  interface.code = *code;
  return interface;
}

// A key that has a meaning only on another bus misleads whoever reads the policy.
void OnlyFor(policy::Reader& reader, bool applies, std::initializer_list<std::string_view> keys,
             std::string_view where) {
  if (applies) return;
  for (const auto key : keys) {
    if (reader.Has(key))
      reader.diagnostics().Add(reader.At(key), "\"{}\" is only for {}", key, where);
  }
}

void ReadUsbPart(policy::Reader& reader, Allow& entry) {
  auto& diagnostics = reader.diagnostics();
  const bool usb = entry.bus.value == Bus::kUsb;
  const auto version = usb ? reader.String("version") : reader.String("version", "");
  if (usb) entry.version = Id(version, "version", diagnostics);
  const auto serial = reader.String("serial", "");
  if (reader.Has("serial")) entry.serial = serial;
  CheckDeviceText(serial, "serial", diagnostics);
  entry.port = reader.String("port", "");
  if (reader.Has("port") && usb && !GoodPort(entry.port.value))
    diagnostics.Add(entry.port.at,
                    "\"{}\" is not a USB port such as \"1-1.2\": bus, port, and a dot before the "
                    "port of each hub on the way",
                    entry.port.value);
  for (const auto& text : reader.Strings("interfaces")) {
    const auto interface = ParseInterface(text.value);
    if (interface)
      entry.interfaces.push_back({*interface, text.at});
    else
      diagnostics.Add(
          text.at,
          "\"{}\" is not an interface such as \"03/00/00\", class, subclass and "
          "protocol in hexadecimal, or \"08/06/50 unbound\" for one that gets no driver",
          text.value);
    if (interface && interface->bound && interface->code.base == 0x09)
      diagnostics.Add(text.at, "class 09 is a hub: \"hubs\" in [usb] allows those");
  }
  const bool any_bound = std::any_of(entry.interfaces.begin(), entry.interfaces.end(),
                                     [](const auto& one) { return one.value.bound; });
  if (usb && !reader.Has("interfaces"))
    diagnostics.Add(entry.at, "the key \"interfaces\" is missing: all interfaces the device has");
  else if (usb && !any_bound)
    diagnostics.Add(reader.At("interfaces"),
                    "\"interfaces\" has none that gets a driver: no gate could ever match");
  const auto descriptors = usb ? reader.String("descriptors") : reader.String("descriptors", "");
  if (usb) entry.descriptors = Hash(descriptors, "descriptors", diagnostics);
  OnlyFor(reader, usb, {"version", "serial", "port", "interfaces", "descriptors"}, "bus = \"usb\"");
}

// Touch controllers on I2C have either a driver of their own or HID; the others say HID or USB.
bool IsHid(const policy::Reader& reader, Bus bus) {
  if (bus == Bus::kI2c) return reader.Has("report_descriptors");
  return bus == Bus::kUsb || bus == Bus::kBluetooth || bus == Bus::kUhid;
}

void ReadHidPart(policy::Reader& reader, Allow& entry) {
  auto& diagnostics = reader.diagnostics();
  const bool hid = IsHid(reader, entry.bus.value);
  const auto vendor = hid ? reader.String("vendor") : reader.String("vendor", "");
  const auto product = hid ? reader.String("product") : reader.String("product", "");
  entry.device_name = reader.String("device_name", "");
  if (hid) {
    entry.vendor = Id(vendor, "vendor", diagnostics);
    entry.product = Id(product, "product", diagnostics);
    if (!reader.Has("device_name"))
      diagnostics.Add(entry.at,
                      "the key \"device_name\" is missing: \"\" if the device has no name");
  }
  CheckDeviceText(entry.device_name, "device_name", diagnostics);
  for (const auto& text : reader.Strings("report_descriptors"))
    entry.report_descriptors.push_back(Hash(text, "report_descriptors", diagnostics));
  OnlyFor(reader, hid, {"vendor", "product", "device_name", "report_descriptors"},
          "USB and HID devices; [[allow.input]] names this one");
}

// Where HID devices come from, and how many there have to be.
void CheckReports(const policy::Reader& reader, const Allow& entry,
                  policy::Diagnostics& diagnostics) {
  if (!IsHid(reader, entry.bus.value)) return;
  std::size_t wanted = entry.bus.value == Bus::kUsb ? 0 : 1;
  if (entry.bus.value == Bus::kUsb) {
    if (entry.interfaces.empty()) return;  // reported
    for (const auto& interface : entry.interfaces)
      wanted += interface.value.bound && interface.value.code.base == 0x03 ? 1 : 0;
  }
  const std::size_t have = entry.report_descriptors.size();
  if (have != wanted)
    diagnostics.Add(reader.At("report_descriptors"),
                    "{} report descriptor{} listed, but {} HID interface{} would be bound: the "
                    "HID gate could never match",
                    have, have == 1 ? " is" : "s are", wanted, wanted == 1 ? "" : "s");
}

}  // namespace

Allow ReadAllow(policy::Reader& reader) {
  Allow entry;
  auto& diagnostics = reader.diagnostics();
  entry.at = reader.at();
  for (const std::string& key : reader.Keys()) {
    if (key.starts_with("ID_INPUT"))
      reader.Refuse(key, "hwdb can set it, and it asks for 31 particular keys: name capabilities");
    else if (key == "env" || key == "ENV" || key == "match")
      reader.Refuse(key,
                    "udev properties can be set by hwdb and by rules: an entry names what the "
                    "kernel says of the device");
  }
  entry.name = reader.String("name");
  if (!entry.name.value.empty() && !GoodName(entry.name.value))
    diagnostics.Add(entry.name.at,
                    "\"{}\" is not a name: lower-case letters, digits and \"-\" inside, at most 32",
                    entry.name.value);
  entry.reason = reader.String("reason");
  entry.owner = reader.String("owner");
  entry.bus = reader.Enum<Bus>("bus", {{"usb", Bus::kUsb},
                                       {"bluetooth", Bus::kBluetooth},
                                       {"i2c", Bus::kI2c},
                                       {"platform", Bus::kPlatform},
                                       {"serio", Bus::kSerio},
                                       {"rc", Bus::kRc},
                                       {"uinput", Bus::kUinput},
                                       {"uhid", Bus::kUhid}});
  ReadHidPart(reader, entry);
  ReadUsbPart(reader, entry);
  CheckReports(reader, entry, diagnostics);
  entry.maintenance = reader.Bool("maintenance", false);
  entry.group = reader.String("group", "");
  if (!entry.group.value.empty() && !GoodName(entry.group.value))
    diagnostics.Add(entry.group.at, "\"{}\" is not the name of a group", entry.group.value);
  reader.Tables("input",
                [&](policy::Reader& table) { entry.inputs.push_back(ReadAllowInput(table)); });
  return entry;
}

}  // namespace bf::lockdown
