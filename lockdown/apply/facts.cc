// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/facts.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "lockdown/device/hex.h"
#include "lockdown/hid/report_descriptor.h"
#include "lockdown/input/capabilities.h"
#include "lockdown/usb/descriptors.h"

namespace bf::lockdown {
namespace {

// Attributes of sysfs are a page at most.
constexpr std::size_t kPage = 4096;

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool IsNumbered(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) && IsNumber(name.substr(prefix.size()));
}

// "0003:0EEF:0001.0004": bus, vendor, product and a count, each of 4 digits or more. Empty if it is
// something else.
std::vector<std::string> HidNameParts(std::string_view name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    const bool digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
    if (digit) {
      parts.back() += c;
    } else if (parts.back().size() >= 4 && c == (parts.size() < 3 ? ':' : '.')) {
      parts.emplace_back();
    } else {
      return {};
    }
  }
  if (parts.size() != 4 || parts.back().size() < 4) parts.clear();
  return parts;
}
bool IsHidName(std::string_view name) { return !HidNameParts(name).empty(); }

// "1-1.2", or with an interface "1-1.2:1.0".
bool IsUsbName(std::string_view name, bool interface) {
  const auto dash = name.find('-');
  if (dash == name.npos || !IsNumber(name.substr(0, dash))) return false;
  if (name.find_first_not_of("0123456789.:", dash + 1) != name.npos) return false;
  return (name.find(':') != name.npos) == interface;
}

std::string Attribute(Sysfs& sysfs, const std::string& directory, const std::string& attribute) {
  return ReadAttribute(sysfs, directory, attribute).value_or("");
}

template <class Number>
Number Hex(const std::string& text) {
  Number number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, /*base=*/16);
  return error == std::errc() && end == text.data() + text.size() ? number : Number{0};
}

device::ClassCode ReadClass(Sysfs& sysfs, const std::string& path, const std::string& prefix) {
  return {Hex<std::uint8_t>(Attribute(sysfs, path, prefix + "Class")),
          Hex<std::uint8_t>(Attribute(sysfs, path, prefix + "SubClass")),
          Hex<std::uint8_t>(Attribute(sysfs, path, prefix + "Protocol"))};
}

std::optional<bool> Flag(const std::string& text) {
  if (text == "1") return true;
  if (text == "0") return false;
  return std::nullopt;
}

std::string DriverOf(Sysfs& sysfs, const std::string& path) {
  auto link = sysfs.Link(path, "driver");
  return link ? std::string(BaseName(*link)) : std::string();
}

// Where the symlink of a class or bus leads, as a path below /sys.
std::string Target(Sysfs& sysfs, const std::string& directory, const std::string& name) {
  auto link = sysfs.Link(directory, name);
  if (!link) return {};
  std::string_view rest = *link;
  while (rest.starts_with("../")) rest.remove_prefix(3);
  return "/" + std::string(rest);
}

// The uevent of a HID device is lines that the kernel puts together out of what the device says,
// and a name may have newlines and look like other lines. What is before the name is the kernel's
// own, and each of the rest ends where the *last* line of the next key begins: a name that plays
// another key has a newline in it then, and fits no entry.
void ReadHidUevent(std::string_view text, device::HidDevice& hid) {
  const auto value = [&](std::string_view key, std::string_view next) {
    const auto begin = text.find(key);
    if (begin == text.npos) return std::string();
    const auto from = begin + key.size();
    const auto end = text.rfind(next);
    if (end == text.npos || end < from) return std::string("\n");
    return std::string(text.substr(from, end - from));
  };
  hid.device_name = value("HID_NAME=", "\nHID_PHYS=");
  const auto phys = text.rfind("\nHID_PHYS=");
  if (phys != text.npos) text.remove_prefix(phys + 1);
  hid.phys = value("HID_PHYS=", "\nHID_UNIQ=");
  const auto uniq = text.rfind("\nHID_UNIQ=");
  if (uniq != text.npos) text.remove_prefix(uniq + 1);
  hid.uniq = value("HID_UNIQ=", "\nMODALIAS=");
}

// The device that a path belongs to: the USB device it lies in, or itself.
device::Device& DeviceFor(std::vector<device::Device>& devices, std::string_view path) {
  const Lineage lineage = LineageOf(path);
  for (device::Device& device : devices) {
    if (!lineage.usb.empty()) {
      if (device.usb && device.usb->path == lineage.usb) return device;
    } else if (!lineage.hid.empty()) {
      if (!device.hid.empty() && device.hid.front().path == lineage.hid) return device;
    }
  }
  return devices.emplace_back();
}

void ObserveUsb(Sysfs& sysfs, Facts& facts) {
  const auto names = sysfs.List("/bus/usb/devices");
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = Target(sysfs, "/bus/usb/devices", name);
    if (IsNumbered(name, "usb")) {
      if (auto hub = ReadRootHub(sysfs, path)) facts.root_hubs.push_back(*std::move(hub));
    } else if (IsUsbName(name, false)) {
      auto usb = ReadUsbDevice(sysfs, path);
      if (!usb) continue;
      usb->interfaces = ReadInterfaces(sysfs, path).value_or(std::vector<device::UsbInterface>());
      facts.devices.emplace_back().usb = *std::move(usb);
    }
  }
}

void ObserveHid(Sysfs& sysfs, Facts& facts) {
  facts.hid_autoprobe = Attribute(sysfs, "/bus/hid", "drivers_autoprobe");
  facts.hid_bus = !facts.hid_autoprobe.empty();
  const auto names = sysfs.List("/bus/hid/devices");
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = Target(sysfs, "/bus/hid/devices", name);
    if (auto hid = ReadHidDevice(sysfs, path))
      DeviceFor(facts.devices, path).hid.push_back(*std::move(hid));
  }
}

void ObserveInput(Sysfs& sysfs, Facts& facts) {
  const auto names = sysfs.List("/class/input");
  if (!names) return;
  for (const std::string& name : *names) {
    if (!IsNumbered(name, "input")) continue;
    const std::string path = Target(sysfs, "/class/input", name);
    if (auto input = ReadInputNode(sysfs, path))
      DeviceFor(facts.devices, path).input.push_back(*std::move(input));
  }
}

}  // namespace

Result<std::string> ReadAttribute(Sysfs& sysfs, const std::string& directory,
                                  const std::string& attribute) {
  BF_ASSIGN(std::string text, sysfs.Read(directory, attribute, kPage));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

bool IsGone(const Error& error) { return error.sys_errno == ENOENT || error.sys_errno == ENODEV; }

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Lineage LineageOf(std::string_view path) {
  Lineage lineage;
  std::string_view before;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view part = path.substr(at + 1, end - at - 1);
    const std::string here(path.substr(0, end));
    if (IsNumbered(part, "usb")) {
      lineage = {};
      lineage.root_hub = here;
    } else if (!lineage.root_hub.empty() && IsUsbName(part, false)) {
      lineage.usb = here;
    } else if (!lineage.root_hub.empty() && IsUsbName(part, true)) {
      lineage.interface = here;
    } else if (IsHidName(part)) {
      lineage.hid = here;
    } else if (IsNumbered(part, "input")) {
      // In a directory "input", but not below what is of a class itself: "rc0/input3".
      lineage.input = here;
    } else if ((BaseName(lineage.input) == before && !before.empty()) || before == "hidraw") {
      lineage.node = std::string(part);
    }
    before = part;
    at = end;
  }
  return lineage;
}

Result<RootHub> ReadRootHub(Sysfs& sysfs, const std::string& path) {
  RootHub hub{std::string(BaseName(path)), path, "", ""};
  BF_TRY(sysfs.List(path));
  hub.authorized_default = Attribute(sysfs, path, "authorized_default");
  hub.interface_authorized_default = Attribute(sysfs, path, "interface_authorized_default");
  return hub;
}

Result<device::UsbInterface> ReadInterface(Sysfs& sysfs, const std::string& path) {
  device::UsbInterface interface;
  interface.name = std::string(BaseName(path));
  BF_ASSIGN(const std::string number, ReadAttribute(sysfs, path, "bInterfaceNumber"));
  interface.number = Hex<std::uint8_t>(number);
  interface.code = ReadClass(sysfs, path, "bInterface");
  interface.authorized = Flag(Attribute(sysfs, path, "authorized"));
  interface.driver = DriverOf(sysfs, path);
  return interface;
}

Result<device::UsbDevice> ReadUsbDevice(Sysfs& sysfs, const std::string& path) {
  device::UsbDevice usb;
  usb.name = std::string(BaseName(path));
  usb.path = path;
  BF_ASSIGN(const std::string vendor, ReadAttribute(sysfs, path, "idVendor"));
  usb.vendor = Hex<std::uint16_t>(vendor);
  usb.product = Hex<std::uint16_t>(Attribute(sysfs, path, "idProduct"));
  usb.version = Hex<std::uint16_t>(Attribute(sysfs, path, "bcdDevice"));
  usb.code = ReadClass(sysfs, path, "bDevice");
  usb.manufacturer = Attribute(sysfs, path, "manufacturer");
  usb.product_name = Attribute(sysfs, path, "product");
  usb.serial = Attribute(sysfs, path, "serial");
  usb.descriptors = sysfs.Read(path, "descriptors", usb::kMaxDescriptors).value_or("");
  usb.authorized = Flag(Attribute(sysfs, path, "authorized"));
  return usb;
}

Result<std::vector<device::UsbInterface>> ReadInterfaces(Sysfs& sysfs, const std::string& path) {
  std::vector<device::UsbInterface> interfaces;
  const std::string prefix = std::string(BaseName(path)) + ":";
  BF_ASSIGN(const auto names, sysfs.List(path));
  for (const std::string& name : names) {
    if (!name.starts_with(prefix) || !IsUsbName(name, true)) continue;
    if (auto interface = ReadInterface(sysfs, path + "/" + name))
      interfaces.push_back(*std::move(interface));
  }
  return interfaces;
}

Result<device::HidDevice> ReadHidDevice(Sysfs& sysfs, const std::string& path) {
  device::HidDevice hid;
  hid.name = std::string(BaseName(path));
  hid.path = path;
  BF_ASSIGN(const std::string uevent, sysfs.Read(path, "uevent", kPage));
  // An id of more than 16 bits, which only uhid can make, is 0 here.
  if (const auto parts = HidNameParts(hid.name); !parts.empty()) {
    hid.bus = Hex<std::uint16_t>(parts[0]);
    hid.vendor = Hex<std::uint16_t>(parts[1]);
    hid.product = Hex<std::uint16_t>(parts[2]);
  }
  ReadHidUevent(uevent, hid);
  hid.driver = DriverOf(sysfs, path);
  hid.report_descriptor =
      sysfs.Read(path, "report_descriptor", hid::kMaxReportDescriptor).value_or("");
  return hid;
}

Result<device::InputNode> ReadInputNode(Sysfs& sysfs, const std::string& path) {
  device::InputNode node;
  node.name = std::string(BaseName(path));
  node.path = path;
  BF_ASSIGN(const std::string bus, ReadAttribute(sysfs, path, "id/bustype"));
  node.id = {Hex<std::uint16_t>(bus), Hex<std::uint16_t>(Attribute(sysfs, path, "id/vendor")),
             Hex<std::uint16_t>(Attribute(sysfs, path, "id/product")),
             Hex<std::uint16_t>(Attribute(sysfs, path, "id/version"))};
  node.device_name = Attribute(sysfs, path, "name");
  node.phys = Attribute(sysfs, path, "phys");
  node.uniq = Attribute(sysfs, path, "uniq");
  for (std::size_t i = 0; i < input::kCapabilityFields.size(); ++i)
    node.capabilities.*device::kCapabilityFields[i].second =
        Attribute(sysfs, path, std::string(input::kCapabilityFields[i].attribute));
  node.inhibited = Flag(Attribute(sysfs, path, "inhibited"));
  BF_ASSIGN(const auto names, sysfs.List(path));
  for (const std::string& name : names) {
    if (IsNumbered(name, "event") || IsNumbered(name, "mouse") || IsNumbered(name, "js"))
      node.handlers.push_back(name);
  }
  return node;
}

Result<Facts> Observe(Sysfs& sysfs) {
  Facts facts;
  BF_TRY_DOING(sysfs.List("/bus"), "read what devices there are");
  ObserveUsb(sysfs, facts);
  ObserveHid(sysfs, facts);
  ObserveInput(sysfs, facts);
  if (auto chords = sysfs.ReadChords(); chords)
    facts.chords = *chords;
  else
    facts.chords_problem = chords.error().ToString();
  return facts;
}

}  // namespace bf::lockdown
