// SPDX-License-Identifier: Apache-2.0
#include "lockdown/judge/propose.h"

#include <algorithm>

#include "core/hash/sha256.h"
#include "core/policy/quote.h"
#include "lockdown/device/hex.h"
#include "lockdown/judge/judge.h"
#include "lockdown/judge/text.h"
#include "lockdown/usb/descriptors.h"

namespace bf::lockdown {
namespace {

// A name made of what the device calls itself, for a person to change.
std::string NameFor(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool good = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (good)
      name += lower;
    else if (!name.empty() && name.back() != '-')
      name += '-';
    if (name.size() == 32) break;
  }
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "device" : name;
}

std::string Hash(std::string_view bytes) {
  return fmt::format("\"sha256:{}\"", hash::HashOf(bytes));
}

Status PutInput(std::string& text, const device::InputNode& input) {
  input::Capabilities bits;
  std::string capabilities;
  for (std::size_t i = 0; i < input::kCapabilityFields.size(); ++i) {
    const auto& field = input::kCapabilityFields[i];
    const std::string& words = input.capabilities.*device::kCapabilityFields[i].second;
    if (words.empty() || words == "0") continue;
    const auto read = input::ParseBitmap(words, field.max_words);
    if (!read) return Fail("{}: {} cannot be read", input.name, field.attribute);
    bits.*field.bits = *read;
    capabilities +=
        fmt::format("{} {} = \"{}\"", capabilities.empty() ? "" : ",", field.name, words);
  }
  text += fmt::format("\n[[allow.input]]\nname = {}\nid = \"{}\"\n",
                      policy::Quote(input.device_name), device::ToString(input.id));
  text += fmt::format("capabilities = {{{} }}\n", capabilities);
  const auto powers = PowersOf(bits);
  if (powers.empty()) return {};
  std::string can;
  for (const Power power : powers)
    can += fmt::format("{}\"{}\"", can.empty() ? "" : ", ", ToString(power));
  text += fmt::format("can = [{}]\nbecause = \"\"  # why that is acceptable\n", can);
  return {};
}

}  // namespace

Result<std::string> ProposeEntry(const device::Device& device) {
  const std::string& path = device.usb              ? device.usb->path
                            : !device.hid.empty()   ? device.hid.front().path
                            : !device.input.empty() ? device.input.front().path
                                                    : device.note;
  const auto bus = BusOf(path);
  if (!bus) return Fail("no bus of a policy has the path {}", Shown(path));
  std::string called = device.usb              ? device.usb->product_name
                       : !device.hid.empty()   ? device.hid.front().device_name
                       : !device.input.empty() ? device.input.front().device_name
                                               : "";
  std::string text = fmt::format(
      "[[allow]]\nname = \"{}\"\nreason = \"\"  # what it is for\nowner = \"\"\nbus = "
      "\"{}\"\n",
      NameFor(called), ToString(*bus));
  if (device.usb) {
    const auto& usb = *device.usb;
    const auto* bytes = reinterpret_cast<const std::byte*>(usb.descriptors.data());
    BF_ASSIGN(const auto read,
              bf::lockdown::usb::ParseDescriptors({bytes, usb.descriptors.size()}));
    if (read.configurations == 0) return Fail("its descriptors have no configuration");
    text += fmt::format("vendor = \"{:04x}\"\nproduct = \"{:04x}\"\nversion = \"{:04x}\"\n",
                        usb.vendor, usb.product, usb.version);
    text += fmt::format("device_name = {}\n", policy::Quote(usb.product_name));
    std::string interfaces;
    for (const auto& interface : InterfacesOf(usb)) {
      const bool used = interface.code.base == 0x03 || interface.code.base == 0xff;
      interfaces += fmt::format("{}\"{}{}\"", interfaces.empty() ? "" : ", ",
                                device::ToString(interface.code), used ? "" : " unbound");
    }
    text += fmt::format("interfaces = [{}]\ndescriptors = {}\n", interfaces, Hash(usb.descriptors));
  } else if (!device.hid.empty()) {
    text += fmt::format("vendor = \"{:04x}\"\nproduct = \"{:04x}\"\ndevice_name = {}\n",
                        device.hid.front().vendor, device.hid.front().product,
                        policy::Quote(device.hid.front().device_name));
  }
  std::string reports;
  for (const auto& hid : device.hid) {
    if (hid.report_descriptor.empty())
      return Fail("{}: its report descriptor is not known: no driver is bound", hid.name);
    reports += fmt::format("{}{}", reports.empty() ? "" : ", ", Hash(hid.report_descriptor));
  }
  if (!reports.empty()) text += fmt::format("report_descriptors = [{}]\n", reports);
  if (device.input.empty()) return Fail("it makes no input node");
  for (const auto& input : device.input) BF_TRY(PutInput(text, input));
  return text;
}

}  // namespace bf::lockdown
