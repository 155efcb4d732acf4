// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/nodes.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/hidraw.h>
#include <linux/input.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

namespace bf::test_input {
namespace {

constexpr const char* kDevices = "/dev";
constexpr const char* kInput = "/dev/input";

bool is_evdev(std::string_view path) { return path.starts_with("/dev/input/event"); }
bool is_hidraw(std::string_view path) { return path.starts_with("/dev/hidraw"); }

const char* kind_of(unsigned type) {
  switch (type) {
    case EV_KEY:
      return "key";
    case EV_REL:
      return "rel";
    case EV_ABS:
      return "abs";
    case EV_SW:
      return "switch";
    default:
      return nullptr;
  }
}

}  // namespace

Nodes::Nodes(Loop& loop, Report report)
    : loop_(loop), report_(std::move(report)), inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_ < 0) die("inotify_init1");
  loop_.add(inotify_, [this] { directory_changed(); });
  watch_directory(kDevices);
  watch_directory(kInput);
}

void Nodes::watch_directory(const std::string& directory) {
  const int watch = inotify_add_watch(inotify_, directory.c_str(), IN_CREATE);
  if (watch < 0) return;  // comes later: seen in /dev
  directories_[watch] = directory;
  scan(directory);
}

void Nodes::scan(const std::string& directory) {
  DIR* listing = opendir(directory.c_str());
  if (listing == nullptr) return;
  while (const dirent* entry = readdir(listing)) {
    const std::string path = directory + "/" + static_cast<const char*>(entry->d_name);
    if (is_evdev(path) || is_hidraw(path)) open_node(path);
  }
  closedir(listing);
}

void Nodes::directory_changed() {
  alignas(inotify_event) std::array<char, 4096> buffer;
  ssize_t size = 0;
  while ((size = read(inotify_, buffer.data(), buffer.size())) > 0) {
    for (ssize_t at = 0; at < size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      at += static_cast<ssize_t>(sizeof *event + event->len);
      if (event->mask & IN_Q_OVERFLOW) {
        scan(kDevices);
        scan(kInput);
      } else if (event->len > 0) {
        appeared(directories_[event->wd], static_cast<const char*>(event->name));
      }
    }
  }
}

void Nodes::appeared(const std::string& directory, const std::string& name) {
  const std::string path = directory + "/" + name;
  if (path == kInput) watch_directory(kInput);
  if (is_evdev(path) || is_hidraw(path)) open_node(path);
}

void Nodes::open_node(const std::string& path) {
  for (const auto& [fd, node] : open_) {
    if (node.path == path) return;
  }
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    report_({{"event", "not-open"}, {"node", path}, {"errno", errno}, {"t", now_ms()}});
    return;
  }
  std::array<char, 256> name{};
  if (is_evdev(path)) {
    int clock = CLOCK_MONOTONIC;
    ioctl(fd, EVIOCSCLOCKID, &clock);
    ioctl(fd, EVIOCGNAME(name.size() - 1), name.data());
  } else {
    ioctl(fd, HIDIOCGRAWNAME(name.size() - 1), name.data());
  }
  open_[fd] = {path, name.data()};
  report_({{"event", "open"}, {"node", path}, {"name", open_[fd].name}, {"t", now_ms()}});
  if (is_evdev(path)) {
    loop_.add(fd, [this, fd] { read_evdev(fd); });
  } else {
    loop_.add(fd, [this, fd] { read_hidraw(fd); });
  }
}

void Nodes::read_evdev(int fd) {
  std::array<input_event, 64> events;
  const ssize_t size = read(fd, events.data(), sizeof events);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) return lost(fd);
  for (std::size_t i = 0; i < static_cast<std::size_t>(size) / sizeof(input_event); ++i) {
    const input_event& event = events[i];
    const char* kind = kind_of(event.type);
    if (kind == nullptr) continue;
    const double at = static_cast<double>(event.input_event_sec) * 1e3 +
                      static_cast<double>(event.input_event_usec) / 1e3;
    report_({{"event", kind},
             {"node", open_[fd].path},
             {"name", open_[fd].name},
             {"code", event.code},
             {"value", event.value},
             {"t", at}});
  }
}

void Nodes::read_hidraw(int fd) {
  std::array<char, 4096> report;
  const ssize_t size = read(fd, report.data(), report.size());
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) return lost(fd);
  report_({{"event", "hidraw"},
           {"node", open_[fd].path},
           {"name", open_[fd].name},
           {"hex", to_hex({report.data(), static_cast<std::size_t>(size)})},
           {"t", now_ms()}});
}

void Nodes::lost(int fd) {
  report_({{"event", "lost"}, {"node", open_[fd].path}, {"t", now_ms()}});
  loop_.remove(fd);
  open_.erase(fd);
  close(fd);
}

}  // namespace bf::test_input
