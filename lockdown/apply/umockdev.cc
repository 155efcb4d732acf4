// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/umockdev.h"

#include <array>
#include <cerrno>
#include <utility>

#include "lockdown/device/hex.h"

namespace bf::lockdown {
namespace {

// Deeper than any device, and longer than any attribute that is read here.
constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kMostDirectories = 65536;
// Before what a line says: its letter, ": ".
constexpr std::size_t kPrefix = 3;

// Where the devices of a subsystem are listed; those that are asked for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLists{
    {{"usb", "/bus/usb/devices"}, {"hid", "/bus/hid/devices"}, {"input", "/class/input"}}};

// In the order of the kernel's own uevent attribute, whatever order udevadm(8) prints them in.
constexpr std::array<std::string_view, 6> kHidProperties{"DRIVER",   "HID_ID",   "HID_NAME",
                                                         "HID_PHYS", "HID_UNIQ", "MODALIAS"};

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// Of g_strescape(); an empty optional for anything else.
std::optional<std::string> Unescaped(std::string_view text) {
  static constexpr std::string_view kLetters = "bfnrtv\\\"";
  static constexpr std::string_view kMeanings = "\b\f\n\r\t\v\\\"";
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      plain += text[at];
      continue;
    }
    if (++at == text.size()) return std::nullopt;
    if (const auto letter = kLetters.find(text[at]); letter != kLetters.npos) {
      plain += kMeanings[letter];
      continue;
    }
    int value = 0;
    std::size_t digits = 0;
    for (; digits < 3 && at + digits < text.size() && IsOctal(text[at + digits]); ++digits)
      value = value * 8 + (text[at + digits] - '0');
    if (digits == 0 || value > 0xff) return std::nullopt;
    plain += static_cast<char>(value);
    at += digits - 1;
  }
  return plain;
}

bool IsDevicePath(std::string_view path) {
  return path.starts_with("/devices/") && path.size() <= kLongestPath && !path.ends_with('/') &&
         path.find("//") == path.npos && (std::string(path) + "/").find("/../") == path.npos;
}

}  // namespace

// One line of the file. Columns count from 0 here.
struct UmockdevSysfs::Line {
  const std::string& file;
  int number = 0;
  std::string_view text;

  Failure Wrong(std::size_t column, std::string message) const {
    return Failure(Error{
        ErrorKind::kFailed, std::move(message), {file, number, static_cast<int>(column) + 1}, 0});
  }
};

void UmockdevSysfs::AddDirectory(const std::string& path) {
  if (!names_.try_emplace(path).second || path.empty()) return;
  const auto slash = path.rfind('/');
  AddDirectory(path.substr(0, slash));
  names_[path.substr(0, slash)].insert(path.substr(slash + 1));
}

Status UmockdevSysfs::End(const std::string& file) {
  const std::string path = std::exchange(path_, {});
  const Entries properties = std::exchange(properties_, {});
  const auto subsystem = properties.find("SUBSYSTEM");
  if (subsystem == properties.end()) return {};
  for (const auto& [name, list] : kLists) {
    if (name != subsystem->second) continue;
    const std::string device = path.substr(path.rfind('/') + 1);
    // One of them would hide the other.
    if (!names_[std::string(list)].insert(device).second)
      return Line{file, begun_, {}}.Wrong(kPrefix, "a device of this name is in it already");
    links_[std::string(list)][device] = "../.." + path;
  }
  if (subsystem->second != "hid") return {};
  std::string uevent;
  for (const std::string_view key : kHidProperties) {
    if (const auto one = properties.find(std::string(key)); one != properties.end())
      uevent += one->first + "=" + one->second + "\n";
  }
  attributes_[path]["uevent"] = std::move(uevent);
  return {};
}

Status UmockdevSysfs::Begin(const Line& line) {
  if (!path_.empty()) return line.Wrong(0, "a device without an empty line before it");
  const std::string_view path = line.text.substr(kPrefix);
  if (!IsDevicePath(path)) return line.Wrong(kPrefix, "this is no path of a device");
  path_ = path;
  begun_ = line.number;
  if (!attributes_.try_emplace(path_).second)
    return line.Wrong(kPrefix, "this device is in it already");
  AddDirectory(path_);
  if (names_.size() > kMostDirectories)
    return line.Wrong(kPrefix, "there are too many devices in it");
  return {};
}

Status UmockdevSysfs::Take(const Line& line) {
  if (path_.empty()) return line.Wrong(0, "this belongs to no device");
  const char kind = line.text[0];
  if (std::string_view("EAHL").find(kind) == std::string_view::npos) return {};
  const auto equals = line.text.find('=', kPrefix);
  if (equals == std::string_view::npos || equals == kPrefix)
    return line.Wrong(kPrefix, "there is no \"NAME=\" in this line; record the device again");
  const std::string name(line.text.substr(kPrefix, equals - kPrefix));
  const std::string_view value = line.text.substr(equals + 1);
  if (kind == 'E') {
    properties_[name] = value;
    return {};
  }
  // Of "power/control" the directory.
  names_[path_].insert(name.substr(0, name.find('/')));
  if (kind == 'L') {
    links_[path_][name] = value;
    return {};
  }
  auto bytes = kind == 'A' ? Unescaped(value) : device::FromHex(value);
  if (!bytes)
    return line.Wrong(equals + 1,
                      kind == 'A' ? "an escape in this is not known" : "this is not hexadecimal");
  attributes_[path_][name] = *std::move(bytes);
  return {};
}

Result<UmockdevSysfs> UmockdevSysfs::Parse(std::string_view text, const std::string& file) {
  UmockdevSysfs sysfs;
  for (const auto& [name, list] : kLists) sysfs.AddDirectory(std::string(list));
  Line line{file, 0, {}};
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    line.text = text.substr(0, end);
    ++line.number;
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.text.empty()) {
      BF_TRY(sysfs.End(file));
      continue;
    }
    if (line.text.ends_with('\r'))
      return line.Wrong(line.text.size() - 1, "a carriage return: the file was changed on its way");
    if (line.text.size() < kPrefix || line.text[0] < 'A' || line.text[0] > 'Z' ||
        line.text.substr(1, 2) != ": ")
      return line.Wrong(0, "this is no line of a umockdev recording");
    BF_TRY(line.text[0] == 'P' ? sysfs.Begin(line) : sysfs.Take(line));
  }
  BF_TRY(sysfs.End(file));
  if (sysfs.attributes_.empty()) return Fail("{}: there is no device in it", file);
  return sysfs;
}

Result<std::string> UmockdevSysfs::Read(const std::string& directory, const std::string& attribute,
                                        std::size_t limit) {
  const auto device = attributes_.find(directory);
  if (device == attributes_.end()) return FailErrno(ENOENT, "{}", directory);
  const auto found = device->second.find(attribute);
  if (found == device->second.end()) return FailErrno(ENOENT, "{}/{}", directory, attribute);
  if (found->second.size() > limit)
    return Fail("{}/{} is longer than {} bytes", directory, attribute, limit);
  return found->second;
}

Result<std::vector<std::string>> UmockdevSysfs::List(const std::string& directory) {
  const auto found = names_.find(directory);
  if (found == names_.end()) return FailErrno(ENOENT, "{}", directory);
  return std::vector<std::string>(found->second.begin(), found->second.end());
}

Result<std::string> UmockdevSysfs::Link(const std::string& directory, const std::string& name) {
  const auto links = links_.find(directory);
  if (links == links_.end()) return FailErrno(ENOENT, "{}", directory);
  const auto found = links->second.find(name);
  if (found == links->second.end()) return FailErrno(ENOENT, "{}/{}", directory, name);
  return found->second;
}

}  // namespace bf::lockdown
