// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "tests/device/guest_tools/kernel_log.h"
#include "tests/device/guest_tools/loop.h"
#include "tests/device/guest_tools/nodes.h"
#include "tests/device/guest_tools/port.h"
#include "tests/device/guest_tools/report.h"
#include "tests/device/guest_tools/terminal.h"
#include "tests/device/guest_tools/uevents.h"
#include "tests/device/guest_tools/verbs.h"

namespace bf::test_input {
namespace {

constexpr const char* kPort = "bf.watch";

// What the other verbs report goes the same way, so that all is in one order.
void take_reports(Loop& loop, Port& port) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, kReportSocket, sizeof address.sun_path - 1);
  unlink(kReportSocket);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    die(kReportSocket);
  }
  loop.add(fd, [fd, &port] {
    std::array<char, 65536> line;
    const ssize_t size = recv(fd, line.data(), line.size(), 0);
    if (size > 0) port.send({line.data(), static_cast<std::size_t>(size)});
  });
}

// "PATH TEXT": a line to the control FIFO of another verb's process.
void pass_on(std::string_view words) {
  const auto space = words.find(' ');
  const int fd =
      open(std::string(words.substr(0, space)).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  const std::string line = std::string(words.substr(space + 1)) + "\n";
  if (write(fd, line.data(), line.size()) < 0) std::perror("bf-test-input: tell");
  close(fd);
}

}  // namespace

int watch() {
  Loop loop;
  std::string marks;
  std::optional<Terminal> terminal;
  Port port(loop, kPort, [&](const std::string& command) {
    if (command.starts_with("mark ")) {
      // Answered when all that is ready was reported. A line is begun afresh, because a snapshot
      // may have been restored in the middle of one.
      marks += "\n" + to_line({{"event", "mark"}, {"mark", command.substr(5)}, {"t", now_ms()}});
      loop.when_idle([&] {
        port.send(marks);
        marks.clear();
      });
    } else if (command.starts_with("tell ")) {
      pass_on(std::string_view(command).substr(5));
    } else if (command == "raw") {
      terminal->make_raw();
    } else if (command == "screen") {
      port.send(to_line({{"event", "screen"}, {"text", Terminal::screen()}, {"t", now_ms()}}));
    }
  });
  const Report report = [&port](const Json& event) { port.send(to_line(event)); };
  report({{"event", "watching"}, {"t", now_ms()}});
  take_reports(loop, port);
  const Nodes nodes(loop, report);
  terminal.emplace(loop, report);
  const Uevents uevents(loop, report);
  const KernelLog log(loop, report);
  loop.run();
  return 0;
}

}  // namespace bf::test_input
