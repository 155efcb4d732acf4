// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/loop.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>

namespace bf::test_input {

void die(std::string_view what) {
  std::fprintf(stderr, "bf-test-input: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(errno));
  std::exit(1);
}

double now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) die("epoll_create1");
}

Loop::~Loop() { close(epoll_); }

void Loop::add(int fd, std::function<void()> ready, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  ready_[fd] = std::move(ready);
}

void Loop::change(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) != 0) die("epoll_ctl");
}

void Loop::remove(int fd) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  ready_.erase(fd);
}

void Loop::run() {
  while (!stopped_) {
    epoll_event event{};
    const int count = epoll_wait(epoll_, &event, 1, idle_ ? 0 : -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    if (idle_ && (count == 0 || --patience_ == 0)) std::exchange(idle_, nullptr)();
    if (count > 0) {
      // A copy: the callback may remove itself.
      if (const auto found = ready_.find(event.data.fd); found != ready_.end()) {
        const auto action = found->second;
        action();
      }
    }
  }
}

}  // namespace bf::test_input
