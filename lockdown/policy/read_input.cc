// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "lockdown/device/hex.h"
#include "lockdown/policy/read.h"

namespace bf::lockdown {
namespace {

constexpr std::size_t kLongestText = 255;

// Code points that show as nothing, or that make a line read in another order than it has.
bool IsInvisible(unsigned point) {
  return (point >= 0x80 && point <= 0x9f) || point == 0xad ||
         (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
         (point >= 0xe0000 && point <= 0xe0fff);
}

// The text is UTF-8: the TOML parser takes nothing else.
bool HasInvisible(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    unsigned point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t j = 1; j < length && i + j < text.size(); ++j)
      point = (point << 6U) | (static_cast<unsigned char>(text[i + j]) & 0x3fU);
    if (IsInvisible(point)) return true;
    i += length;
  }
  return false;
}

std::string Quoted(const std::vector<Power>& powers) {
  std::string text;
  for (const Power power : powers) {
    if (!text.empty()) text += ", ";
    text += fmt::format("\"{}\"", ToString(power));
  }
  return text;
}

std::optional<Power> PowerOf(std::string_view name) {
  for (const Power power : {Power::kType, Power::kSysrq, Power::kSwitchVt, Power::kCtrlAltDel,
                            Power::kPowerKeys, Power::kSound}) {
    if (ToString(power) == name) return power;
  }
  return std::nullopt;
}

// False if something in it could not be read: then nothing follows from it.
bool ReadCapabilities(policy::Reader& reader, AllowInput& entry) {
  bool readable = true;
  auto& capabilities = entry.capabilities.value;
  entry.capabilities.at = reader.at();
  for (const auto& field : input::kCapabilityFields) {
    const auto text = reader.String(field.name, "0");
    if (!reader.Has(field.name)) continue;
    auto bits = input::ParseBitmap(text.value, field.max_words);
    if (bits)
      capabilities.*field.bits = *bits;
    else
      reader.diagnostics().Add(text.at, "\"{}\": {}", field.name, bits.error().message);
    readable = readable && bits.has_value();
  }
  return readable;
}

// The kernel clears the bits of event types that a device does not have, and always sets EV_SYN.
void CheckCapabilities(const AllowInput& entry, policy::Diagnostics& diagnostics) {
  struct Type {
    std::string_view name;
    unsigned bit;
    input::Bitmap input::Capabilities::*bits;
  };
  using input::Capabilities;
  static constexpr std::array<Type, 8> kTypes = {{{"key", 0x01, &Capabilities::key},
                                                  {"rel", 0x02, &Capabilities::rel},
                                                  {"abs", 0x03, &Capabilities::abs},
                                                  {"msc", 0x04, &Capabilities::msc},
                                                  {"sw", 0x05, &Capabilities::sw},
                                                  {"led", 0x11, &Capabilities::led},
                                                  {"snd", 0x12, &Capabilities::snd},
                                                  {"ff", 0x15, &Capabilities::ff}}};
  const auto& have = entry.capabilities.value;
  const SourceRef& at = entry.capabilities.at;
  if (!have.ev.Test(0))
    diagnostics.Add(at, "no device has these: bit 0 of \"ev\" (EV_SYN) is always set");
  if (have.key.Test(0))
    diagnostics.Add(at, "no device has these: bit 0 of \"key\" (KEY_RESERVED) is never set");
  for (const auto& type : kTypes) {
    if ((have.*type.bits).None() || have.ev.Test(type.bit)) continue;
    diagnostics.Add(at,
                    "no device has these: \"{}\" is not empty, but bit {} of \"ev\" is not set, "
                    "and the kernel then clears it",
                    type.name, type.bit);
  }
}

void ReadCan(policy::Reader& reader, AllowInput& entry, bool known) {
  auto& diagnostics = reader.diagnostics();
  std::vector<Power> said;
  for (const auto& name : reader.Strings("can")) {
    const auto power = PowerOf(name.value);
    if (!power) {
      diagnostics.Add(name.at,
                      "\"{}\" is not one of \"type\", \"sysrq\", \"switch-vt\", \"ctrl-alt-del\", "
                      "\"power\" and \"sound\"",
                      name.value);
    } else if (std::find(said.begin(), said.end(), *power) != said.end()) {
      diagnostics.Add(name.at, "\"{}\" is listed twice", name.value);
    } else {
      said.push_back(*power);
      entry.can.push_back({*power, name.at});
    }
  }
  entry.because = reader.String("because", "");
  if (!known) return;
  std::vector<Power> unsaid;
  const auto powers = PowersOf(entry.capabilities.value);
  for (const Power power : powers) {
    if (std::find(said.begin(), said.end(), power) == said.end()) unsaid.push_back(power);
  }
  if (!unsaid.empty())
    diagnostics.Add(reader.Has("can") ? reader.At("can") : entry.capabilities.at,
                    "what has these capabilities can do more than point; if that is to be allowed, "
                    "say so: can = [{}]{}",
                    Quoted(powers), reader.Has("because") ? "" : " and because = \"…\"");
  for (const auto& power : entry.can) {
    if (std::find(powers.begin(), powers.end(), power.value) == powers.end())
      diagnostics.Add(power.at, "these capabilities cannot \"{}\"", ToString(power.value));
  }
  if (!entry.can.empty() && entry.because.value.empty())
    diagnostics.Add(entry.can.front().at, "\"can\" needs because = \"…\": why that is acceptable");
  if (!reader.Has("can") && reader.Has("because") && unsaid.empty())
    diagnostics.Add(entry.because.at, "\"because\" is only for \"can\"");
}

// Exact, or "*" and an end that says something: "*/input0".
void CheckPhys(const Located<std::string>& phys, policy::Diagnostics& diagnostics) {
  const std::string_view text = phys.value;
  const std::string_view rest = text.starts_with('*') ? text.substr(1) : text;
  if (text.starts_with('*') && (rest.size() < 4 || !rest.starts_with('/')))
    diagnostics.Add(
        phys.at,
        "\"{}\" is too wide: write how the physical path ends, from a slash on, such as "
        "\"*/input0\", or leave \"phys\" out",
        text);
  else if (rest.find_first_of("*?[") != std::string_view::npos)
    diagnostics.Add(phys.at, "\"{}\": only a \"*\" at the start is a wildcard", text);
}

}  // namespace

bool GoodName(std::string_view name) {
  if (name.empty() || name.size() > 32 || name.front() == '-' || name.back() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void CheckDeviceText(const Located<std::string>& text, std::string_view key,
                     policy::Diagnostics& diagnostics) {
  if (text.value.size() > kLongestText)
    diagnostics.Add(text.at, "\"{}\" is longer than {} bytes", key, kLongestText);
  const bool control = std::any_of(text.value.begin(), text.value.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control || HasInvisible(text.value))
    diagnostics.Add(text.at,
                    "\"{}\" has control or invisible characters in it: a device that is "
                    "called so cannot be allowed",
                    key);
  if (text.value.find('|') != std::string::npos)
    diagnostics.Add(text.at,
                    "\"{}\" has a \"|\" in it, which no udev rule can match exactly: a device that "
                    "is called so cannot be allowed",
                    key);
}

AllowInput ReadAllowInput(policy::Reader& reader) {
  AllowInput entry;
  auto& diagnostics = reader.diagnostics();
  entry.at = reader.at();
  for (const std::string& key : reader.Keys()) {
    if (key.starts_with("ID_INPUT"))
      reader.Refuse(key, "hwdb can set it, and it asks for 31 particular keys: name capabilities");
  }
  entry.name = reader.String("name");
  CheckDeviceText(entry.name, "name", diagnostics);
  const auto id = reader.String("id");
  entry.id.at = id.at;
  if (const auto parsed = device::ParseInputId(id.value))
    entry.id.value = *parsed;
  else if (!id.value.empty())
    diagnostics.Add(id.at,
                    "\"{}\" is not an input id such as \"0003:0eef:0001:0111\": bus, vendor, "
                    "product and version, each 4 hexadecimal digits",
                    id.value);
  entry.phys = reader.String("phys", "");
  CheckDeviceText(entry.phys, "phys", diagnostics);
  CheckPhys(entry.phys, diagnostics);
  if (!reader.Has("capabilities"))
    diagnostics.Add(entry.at,
                    "the key \"capabilities\" is missing: all bitmaps that "
                    "`bf-lockdown devices` prints");
  bool known = false;
  reader.SubTable("capabilities",
                  [&](policy::Reader& table) { known = ReadCapabilities(table, entry); });
  if (known) CheckCapabilities(entry, diagnostics);
  ReadCan(reader, entry, known);
  return entry;
}

}  // namespace bf::lockdown
