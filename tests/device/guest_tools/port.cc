// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/port.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

namespace bf::test_input {

Port::Port(Loop& loop, std::string name, std::function<void(const std::string&)> command)
    : loop_(loop),
      name_(std::move(name)),
      command_(std::move(command)),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_ < 0 || inotify_add_watch(inotify_, "/dev", IN_CREATE) < 0) die("inotify");
  if (open_port()) return;
  loop_.add(inotify_, [this] {
    std::array<char, 4096> ignored;
    while (read(inotify_, ignored.data(), ignored.size()) > 0) {
    }
    if (open_port()) loop_.remove(inotify_);
  });
}

bool Port::open_port() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/virtio-ports", error)) {
    std::ifstream file(entry.path() / "name");
    std::string found;
    std::getline(file, found);
    if (found != name_) continue;
    const auto node = "/dev/" + entry.path().filename().string();
    fd_ = open(node.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd_ < 0) continue;
    loop_.add(fd_, [this] { ready(); });
    flush();
    return true;
  }
  return false;
}

void Port::send(const std::string& text) {
  out_ += text;
  if (fd_ >= 0 && !waiting_) flush();
}

void Port::flush() {
  while (!out_.empty()) {
    const ssize_t written = write(fd_, out_.data(), std::min<std::size_t>(out_.size(), 16384));
    if (written <= 0) break;
    out_.erase(0, static_cast<std::size_t>(written));
  }
  waiting_ = !out_.empty();
  loop_.change(fd_, waiting_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Port::ready() {
  if (waiting_) flush();
  std::array<char, 4096> buffer;
  const ssize_t size = read(fd_, buffer.data(), buffer.size());
  if (size <= 0) return;
  in_.append(buffer.data(), static_cast<std::size_t>(size));
  for (auto end = in_.find('\n'); end != std::string::npos; end = in_.find('\n')) {
    const std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    command_(line);
  }
}

}  // namespace bf::test_input
