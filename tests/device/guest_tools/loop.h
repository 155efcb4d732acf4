// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

namespace bf::test_input {

// Says what went wrong with errno's text, and ends the program.
[[noreturn]] void die(std::string_view what);

// Monotonic milliseconds, the clock that evdev events are asked to carry too.
double now_ms();

// Calls back for descriptors that are ready.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void add(int fd, std::function<void()> ready, std::uint32_t events = EPOLLIN);
  void change(int fd, std::uint32_t events);
  // Safe from within a callback; does not close the descriptor.
  void remove(int fd);

  // Runs `action` when no descriptor is ready; where one always is, after many callbacks.
  void when_idle(std::function<void()> action) {
    idle_ = std::move(action);
    patience_ = kPatience;
  }
  void stop() { stopped_ = true; }
  void run();

 private:
  static constexpr int kPatience = 200;

  int epoll_;
  int patience_ = 0;
  bool stopped_ = false;
  std::map<int, std::function<void()>> ready_;
  std::function<void()> idle_;
};

}  // namespace bf::test_input
