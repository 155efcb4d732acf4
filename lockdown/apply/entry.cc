// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/entry.h"

#include <algorithm>

#include "core/hash/sha256.h"
#include "lockdown/device/hex.h"
#include "lockdown/judge/judge.h"

namespace bf::lockdown {
namespace {

constexpr std::uint8_t kHidClass = 0x03;

// Printable ASCII as it is, code points as they are, all else as TOML writes it. A byte that is no
// UTF-8 becomes U+FFFD, and the entry fits nothing: such a device cannot be named.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80   ? 1
                               : byte < 0xc2 ? 0
                               : byte < 0xe0 ? 2
                               : byte < 0xf0 ? 3
                               : byte < 0xf5 ? 4
                                             : 0;
    const std::string_view rest = text.substr(i, length);
    const bool whole =
        length > 0 && rest.size() == length &&
        std::all_of(rest.begin() + 1, rest.end(), [](char c) { return (c & 0xc0) == 0x80; });
    if (!whole) {
      quoted += "\\uFFFD";
      ++i;
      continue;
    }
    if (byte == '"' || byte == '\\')
      quoted += fmt::format("\\{}", text[i]);
    else if (byte < 0x20 || byte == 0x7f)
      quoted += fmt::format("\\u{:04X}", byte);
    else
      quoted += rest;
    i += length;
  }
  return quoted + "\"";
}

// "ILITEK-TP" becomes "ilitek-tp": at most 32 of a-z, 0-9 and single dashes.
std::string Slug(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9'))
      slug += lower;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
    if (slug.size() == 32) break;
  }
  while (slug.ends_with('-')) slug.pop_back();
  return slug.empty() ? "new-device" : slug;
}

std::string Strings(const std::vector<std::string>& list) {
  std::string text = "[";
  for (const std::string& one : list) text += fmt::format("{}\"{}\"", text == "[" ? "" : ", ", one);
  return text + "]";
}

std::string PathOf(const device::Device& device) {
  if (device.usb) return device.usb->path;
  if (!device.hid.empty()) return device.hid.front().path;
  return device.input.empty() ? "" : device.input.front().path;
}

std::string NameOf(const device::Device& device) {
  if (device.usb) return device.usb->product_name;
  if (!device.hid.empty()) return device.hid.front().device_name;
  return device.input.empty() ? "" : device.input.front().device_name;
}

// What makes input gets a driver; a storage interface beside it does not.
bool NeedsDriver(const device::Device& device, const device::UsbInterface& interface) {
  if (interface.code.base == kHidClass) return true;
  const std::string path = device.usb->path + "/" + interface.name + "/";
  return std::any_of(device.input.begin(), device.input.end(),
                     [&](const auto& input) { return input.path.starts_with(path); });
}

std::string Reports(const device::Device& device) {
  std::vector<std::string> hashes;
  bool missing = false;
  for (const auto& hid : device.hid) {
    missing = missing || hid.report_descriptor.empty();
    hashes.push_back("sha256:" + hash::HashOf(hid.report_descriptor));
  }
  std::size_t wanted = device.usb ? 0 : device.hid.size();
  if (device.usb) {
    for (const auto& interface : InterfacesOf(*device.usb))
      wanted += interface.code.base == kHidClass ? 1 : 0;
  }
  if (wanted == 0) return {};
  if (missing || hashes.size() != wanted)
    return "# Its report descriptors cannot be read while no driver is bound: run this on a bench\n"
           "# unit that is not locked down.\nreport_descriptors = []\n";
  return fmt::format("report_descriptors = {}\n", Strings(hashes));
}

std::string UsbPart(const device::Device& device) {
  const device::UsbDevice& usb = *device.usb;
  std::string text = fmt::format("vendor = \"{}\"\nproduct = \"{}\"\nversion = \"{}\"\n",
                                 device::Hex16(usb.vendor), device::Hex16(usb.product),
                                 device::Hex16(usb.version));
  text += fmt::format("device_name = {}\n", Quoted(usb.product_name));
  if (!usb.serial.empty())
    text += fmt::format("# Only this one piece: serial = {}\n", Quoted(usb.serial));
  text += fmt::format("# Only at this port: port = \"{}\"\n", usb.name);
  std::vector<std::string> interfaces;
  for (const auto& interface : InterfacesOf(usb))
    interfaces.push_back(device::ToString(interface.code) +
                         (NeedsDriver(device, interface) ? "" : " unbound"));
  text += fmt::format("interfaces = {}\n", Strings(interfaces));
  text += fmt::format("descriptors = \"sha256:{}\"\n", hash::HashOf(usb.descriptors));
  return text;
}

std::string InputPart(const device::InputNode& node) {
  std::string text = fmt::format("\n[[allow.input]]\nname = {}\nid = \"{}\"\n",
                                 Quoted(node.device_name), device::ToString(node.id));
  // How it ends is the same at every port.
  if (const auto slash = node.phys.rfind('/'); slash != std::string::npos)
    text += fmt::format("phys = {}\n", Quoted("*" + node.phys.substr(slash)));
  std::string words;
  input::Capabilities bits;
  for (std::size_t i = 0; i < device::kCapabilityFields.size(); ++i) {
    const auto& [name, field] = device::kCapabilityFields[i];
    const std::string& value = node.capabilities.*field;
    const auto& known = input::kCapabilityFields[i];
    if (const auto parsed = input::ParseBitmap(value.empty() ? "0" : value, known.max_words))
      bits.*known.bits = *parsed;
    if (value.empty() || value == "0") continue;
    words += fmt::format("{}{} = {}", words.empty() ? "" : ", ", name, Quoted(value));
  }
  text += fmt::format("capabilities = {{ {} }}\n", words);
  std::vector<std::string> powers;
  for (const Power power : PowersOf(bits)) powers.emplace_back(ToString(power));
  if (!powers.empty())
    text += fmt::format("can = {}\nbecause = \"\"  # required: why what it can do is acceptable\n",
                        Strings(powers));
  return text;
}

}  // namespace

bool CouldBringInput(const device::Device& device) {
  if (!device.hid.empty() || !device.input.empty()) return true;
  if (!device.usb) return false;
  const auto interfaces = InterfacesOf(*device.usb);
  return std::any_of(interfaces.begin(), interfaces.end(),
                     [](const auto& one) { return one.code.base == kHidClass; });
}

std::string EntryFor(const device::Device& device) {
  const auto bus = BusOf(PathOf(device));
  std::string text = fmt::format(
      "[[allow]]\nname = \"{}\"\nreason = \"\"  # required: what it is for\n"
      "owner = \"\"   # required: who answers for it\nbus = \"{}\"\n",
      Slug(NameOf(device)), bus ? ToString(*bus) : "");
  if (device.usb) {
    text += UsbPart(device);
  } else if (!device.hid.empty()) {
    const auto& hid = device.hid.front();
    text +=
        fmt::format("vendor = \"{}\"\nproduct = \"{}\"\ndevice_name = {}\n",
                    device::Hex16(hid.vendor), device::Hex16(hid.product), Quoted(hid.device_name));
  }
  text += Reports(device);
  text += "# Who may open its event nodes besides root: group = \"input\"\n";
  if (device.input.empty())
    text += "# It has no input node while no driver is bound; its [[allow.input]] goes here.\n";
  for (const auto& input : device.input) text += InputPart(input);
  return text;
}

}  // namespace bf::lockdown
