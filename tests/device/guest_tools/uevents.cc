// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/uevents.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace bf::test_input {
namespace {

constexpr unsigned kKernelGroup = 1;
constexpr unsigned kUdevGroup = 2;

const std::set<std::string, std::less<>> kSubsystems = {"block", "bluetooth", "hid",   "hidraw",
                                                        "input", "misc",      "serio", "usb"};
const std::map<std::string, const char*, std::less<>> kFields = {
    {"ACTION", "action"},   {"DEVPATH", "devpath"}, {"SUBSYSTEM", "subsystem"},
    {"DEVTYPE", "devtype"}, {"DEVNAME", "devname"}, {"PRODUCT", "product"},
    {"DRIVER", "driver"},   {"SEQNUM", "seqnum"},   {"INTERFACE", "interface"},
    {"HID_ID", "hid_id"},   {"TAGS", "tags"}};

// What udev puts before the properties of a device that it has processed (libudev's wire format).
struct UdevHeader {
  std::array<char, 8> prefix;
  std::uint32_t magic;
  std::uint32_t header_size;
  std::uint32_t properties_off;
  std::uint32_t properties_len;
};

std::string_view properties_of(std::string_view message, bool processed) {
  if (!processed) {
    const auto end = message.find('\0');  // "add@/devices/..."
    return end == std::string_view::npos ? std::string_view{} : message.substr(end + 1);
  }
  UdevHeader header{};
  if (message.size() < sizeof header) return {};
  std::memcpy(&header, message.data(), sizeof header);
  if (ntohl(header.magic) != 0xfeedcafe || header.properties_off > message.size()) return {};
  return message.substr(header.properties_off, header.properties_len);
}

std::string attribute(const std::string& devpath, const char* name) {
  std::ifstream file("/sys" + devpath + "/" + name);
  std::string value;
  std::getline(file, value);
  return value;
}

}  // namespace

Uevents::Uevents(Loop& loop, Report report) : report_(std::move(report)) {
  listen(loop, kKernelGroup);
  listen(loop, kUdevGroup);
}

void Uevents::listen(Loop& loop, unsigned group) {
  const int fd =
      socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  if (fd < 0) die("uevent socket");
  const int room = 16 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = group;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("uevent socket");
  loop.add(fd, [this, fd, group] { receive(fd, group == kUdevGroup); });
}

void Uevents::receive(int fd, bool processed) {
  std::array<char, 16384> buffer;
  const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
  if (size < 0) {
    if (errno == ENOBUFS) report_({{"event", "uevents-lost"}, {"t", now_ms()}});
    return;
  }
  std::string_view rest = properties_of({buffer.data(), static_cast<std::size_t>(size)}, processed);
  Json event = {{"event", "uevent"}, {"by", processed ? "udev" : "kernel"}, {"t", now_ms()}};
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    if (const auto field = kFields.find(entry.substr(0, equals)); field != kFields.end()) {
      event[field->second] = std::string(entry.substr(equals + 1));
    }
  }
  if (!kSubsystems.contains(event.value("subsystem", ""))) return;
  if (processed && event["subsystem"] == "input") {
    event["inhibited"] = attribute(event.value("devpath", ""), "inhibited");
  }
  report_(event);
}

}  // namespace bf::test_input
