// SPDX-License-Identifier: Apache-2.0
// Somebody who listens where a compositor would, and answers as the test says.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/host/fd.h"

namespace bf::lockdown::wayland {

// The bytes of Wayland's wire, in the order of this machine.
inline std::string Word(std::uint32_t value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
inline std::string Event(std::uint32_t object, std::uint32_t code, const std::string& arguments) {
  return Word(object) + Word(static_cast<std::uint32_t>((arguments.size() + 8) << 16) | code) +
         arguments;
}
inline std::string Text(const std::string& text) {
  std::string word = Word(static_cast<std::uint32_t>(text.size() + 1)) + text + '\0';
  word.resize((word.size() + 3) / 4 * 4);
  return word;
}
// The client asks for the registry, which is its object 2, and for the end of it, its object 3.
inline std::string Global(const std::string& interface) {
  return Event(2, 0, Word(1) + Text(interface) + Word(1));
}
inline std::string Done() { return Event(3, 0, Word(0)); }

class Listener {
 public:
  // `answer` gets a connection on which the requests have arrived, and is over when it returns.
  Listener(const std::string& path, std::function<void(int)> answer)
      : path_(path), listening_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listening_.get(), 1) != 0)
      throw std::runtime_error("listen at " + path);
    thread_ = std::thread([this, answer = std::move(answer)] { Serve(answer); });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    over_ = true;
    thread_.join();
    ::unlink(path_.c_str());
  }

 private:
  void Serve(const std::function<void(int)>& answer) {
    while (!over_) {
      if (!Ready(listening_.get())) continue;
      const host::UniqueFd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char requests[24];
      if (Ready(client.get()) && ::recv(client.get(), requests, sizeof requests, MSG_WAITALL) == 24)
        answer(client.get());
    }
  }
  bool Ready(int fd) const {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, 100) == 1;
  }

  std::string path_;
  host::UniqueFd listening_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// False when the client has gone.
inline bool Send(int client, const std::string& bytes) {
  return ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}
inline void WaitForEnd(int client) {
  char byte;
  while (::recv(client, &byte, 1, 0) > 0) {
  }
}

}  // namespace bf::lockdown::wayland
