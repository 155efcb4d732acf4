// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/facts.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "lockdown/device/hex.h"
#include "lockdown/hid/report_descriptor.h"
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

// "0003:0EEF:0001.0004"
bool IsHidName(std::string_view name) {
  if (name.size() != 19 || name[4] != ':' || name[9] != ':' || name[14] != '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  });
}

// "1-1.2", or with an interface "1-1.2:1.0".
bool IsUsbName(std::string_view name, bool interface) {
  const auto dash = name.find('-');
  if (dash == name.npos || !IsNumber(name.substr(0, dash))) return false;
  if (name.find_first_not_of("0123456789.:", dash + 1) != name.npos) return false;
  return (name.find(':') != name.npos) == interface;
}

std::string Attribute(Kernel& kernel, const std::string& directory, const std::string& attribute) {
  return ReadAttribute(kernel, directory, attribute).value_or("");
}

template <class Number>
Number Hex(const std::string& text) {
  Number number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, /*base=*/16);
  return error == std::errc() && end == text.data() + text.size() ? number : Number{0};
}

device::ClassCode ReadClass(Kernel& kernel, const std::string& path, const std::string& prefix) {
  return {Hex<std::uint8_t>(Attribute(kernel, path, prefix + "Class")),
          Hex<std::uint8_t>(Attribute(kernel, path, prefix + "SubClass")),
          Hex<std::uint8_t>(Attribute(kernel, path, prefix + "Protocol"))};
}

std::optional<bool> Flag(const std::string& text) {
  if (text == "1") return true;
  if (text == "0") return false;
  return std::nullopt;
}

std::string DriverOf(Kernel& kernel, const std::string& path) {
  auto link = kernel.Link(path, "driver");
  return link ? std::string(BaseName(*link)) : std::string();
}

// Where the symlink of a class or bus leads, as a path below /sys.
std::string Target(Kernel& kernel, const std::string& directory, const std::string& name) {
  auto link = kernel.Link(directory, name);
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

void ObserveUsb(Kernel& kernel, Facts& facts) {
  const auto names = kernel.List("/bus/usb/devices");
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = Target(kernel, "/bus/usb/devices", name);
    if (IsNumbered(name, "usb")) {
      if (auto hub = ReadRootHub(kernel, path)) facts.root_hubs.push_back(*std::move(hub));
    } else if (IsUsbName(name, false)) {
      if (auto usb = ReadUsbDevice(kernel, path)) facts.devices.emplace_back().usb = *std::move(usb);
    }
  }
}

void ObserveHid(Kernel& kernel, Facts& facts) {
  facts.hid_autoprobe = Attribute(kernel, "/bus/hid", "drivers_autoprobe");
  facts.hid_bus = !facts.hid_autoprobe.empty();
  const auto names = kernel.List("/bus/hid/devices");
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string path = Target(kernel, "/bus/hid/devices", name);
    if (auto hid = ReadHidDevice(kernel, path))
      DeviceFor(facts.devices, path).hid.push_back(*std::move(hid));
  }
}

void ObserveInput(Kernel& kernel, Facts& facts) {
  const auto names = kernel.List("/class/input");
  if (!names) return;
  for (const std::string& name : *names) {
    if (!IsNumbered(name, "input")) continue;
    const std::string path = Target(kernel, "/class/input", name);
    if (auto input = ReadInputNode(kernel, path))
      DeviceFor(facts.devices, path).input.push_back(*std::move(input));
  }
}

}  // namespace

Result<std::string> ReadAttribute(Kernel& kernel, const std::string& directory,
                                  const std::string& attribute) {
  BF_ASSIGN(std::string text, kernel.Read(directory, attribute, kPage));
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
    } else if (before == "input" && IsNumbered(part, "input")) {
      lineage.input = here;
    } else if ((BaseName(lineage.input) == before && !before.empty()) || before == "hidraw") {
      lineage.node = std::string(part);
    }
    before = part;
    at = end;
  }
  return lineage;
}

Result<RootHub> ReadRootHub(Kernel& kernel, const std::string& path) {
  RootHub hub{std::string(BaseName(path)), path, "", ""};
  BF_TRY(kernel.List(path));
  hub.authorized_default = Attribute(kernel, path, "authorized_default");
  hub.interface_authorized_default = Attribute(kernel, path, "interface_authorized_default");
  return hub;
}

Result<device::UsbInterface> ReadInterface(Kernel& kernel, const std::string& path) {
  device::UsbInterface interface;
  interface.name = std::string(BaseName(path));
  BF_ASSIGN(const std::string number, ReadAttribute(kernel, path, "bInterfaceNumber"));
  interface.number = Hex<std::uint8_t>(number);
  interface.code = ReadClass(kernel, path, "bInterface");
  interface.authorized = Flag(Attribute(kernel, path, "authorized"));
  interface.driver = DriverOf(kernel, path);
  return interface;
}

Result<device::UsbDevice> ReadUsbDevice(Kernel& kernel, const std::string& path) {
  device::UsbDevice usb;
  usb.name = std::string(BaseName(path));
  usb.path = path;
  BF_ASSIGN(const std::string vendor, ReadAttribute(kernel, path, "idVendor"));
  usb.vendor = Hex<std::uint16_t>(vendor);
  usb.product = Hex<std::uint16_t>(Attribute(kernel, path, "idProduct"));
  usb.version = Hex<std::uint16_t>(Attribute(kernel, path, "bcdDevice"));
  usb.code = ReadClass(kernel, path, "bDevice");
  usb.manufacturer = Attribute(kernel, path, "manufacturer");
  usb.product_name = Attribute(kernel, path, "product");
  usb.serial = Attribute(kernel, path, "serial");
  usb.descriptors = kernel.Read(path, "descriptors", usb::kMaxDescriptors).value_or("");
  usb.authorized = Flag(Attribute(kernel, path, "authorized"));
  BF_ASSIGN(const auto names, kernel.List(path));
  for (const std::string& name : names) {
    if (!name.starts_with(usb.name + ":") || !IsUsbName(name, true)) continue;
    if (auto interface = ReadInterface(kernel, path + "/" + name))
      usb.interfaces.push_back(*std::move(interface));
  }
  return usb;
}

Result<device::HidDevice> ReadHidDevice(Kernel& kernel, const std::string& path) {
  device::HidDevice hid;
  hid.name = std::string(BaseName(path));
  hid.path = path;
  BF_ASSIGN(const std::string uevent, kernel.Read(path, "uevent", kPage));
  // "HID_ID=0003:00000EEF:00000001"; the name has the same, shorter.
  if (IsHidName(hid.name)) {
    hid.bus = Hex<std::uint16_t>(hid.name.substr(0, 4));
    hid.vendor = Hex<std::uint16_t>(hid.name.substr(5, 4));
    hid.product = Hex<std::uint16_t>(hid.name.substr(10, 4));
  }
  ReadHidUevent(uevent, hid);
  hid.driver = DriverOf(kernel, path);
  hid.report_descriptor =
      kernel.Read(path, "report_descriptor", hid::kMaxReportDescriptor).value_or("");
  return hid;
}

Result<device::InputNode> ReadInputNode(Kernel& kernel, const std::string& path) {
  device::InputNode input;
  input.name = std::string(BaseName(path));
  input.path = path;
  BF_ASSIGN(const std::string bus, ReadAttribute(kernel, path, "id/bustype"));
  input.id = {Hex<std::uint16_t>(bus), Hex<std::uint16_t>(Attribute(kernel, path, "id/vendor")),
              Hex<std::uint16_t>(Attribute(kernel, path, "id/product")),
              Hex<std::uint16_t>(Attribute(kernel, path, "id/version"))};
  input.device_name = Attribute(kernel, path, "name");
  input.phys = Attribute(kernel, path, "phys");
  input.uniq = Attribute(kernel, path, "uniq");
  for (std::size_t i = 0; i < input::kCapabilityFields.size(); ++i)
    input.capabilities.*device::kCapabilityFields[i].second =
        Attribute(kernel, path, std::string(input::kCapabilityFields[i].attribute));
  input.inhibited = Flag(Attribute(kernel, path, "inhibited"));
  BF_ASSIGN(const auto names, kernel.List(path));
  for (const std::string& name : names) {
    if (IsNumbered(name, "event") || IsNumbered(name, "mouse") || IsNumbered(name, "js"))
      input.handlers.push_back(name);
  }
  return input;
}

Result<Facts> Observe(Kernel& kernel) {
  Facts facts;
  BF_TRY_DOING(kernel.List("/bus"), "read what devices there are");
  ObserveUsb(kernel, facts);
  ObserveHid(kernel, facts);
  ObserveInput(kernel, facts);
  return facts;
}

}  // namespace bf::lockdown
