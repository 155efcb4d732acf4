// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/terminal.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

namespace bf::test_input {
namespace {

constexpr const char* kTerminal = "/dev/tty1";
constexpr const char* kScreen = "/dev/vcs1";
constexpr const char* kActive = "/sys/class/tty/tty0/active";
constexpr std::size_t kColumns = 80;

}  // namespace

Terminal::Terminal(Loop& loop, Report report)
    : loop_(loop), report_(std::move(report)), active_(open(kActive, O_RDONLY | O_CLOEXEC)) {
  open_terminal();
  if (active_ < 0) die(kActive);
  report_active();
  loop_.add(
      active_, [this] { report_active(); }, EPOLLPRI);
}

void Terminal::open_terminal() {
  terminal_ = open(kTerminal, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (terminal_ < 0) die(kTerminal);
  make_raw();
  loop_.add(terminal_, [this] { read_terminal(); });
}

void Terminal::make_raw() const {
  termios mode{};
  tcgetattr(terminal_, &mode);
  cfmakeraw(&mode);
  mode.c_lflag |= ECHO;  // so that the screen tells as well
  mode.c_oflag |= OPOST;
  tcsetattr(terminal_, TCSANOW, &mode);
}

void Terminal::read_terminal() {
  std::array<char, 4096> buffer;
  const ssize_t size = read(terminal_, buffer.data(), buffer.size());
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) {  // hung up: a getty takes the terminal over
    loop_.remove(terminal_);
    close(terminal_);
    report_({{"event", "tty1-hangup"}, {"t", now_ms()}});
    return open_terminal();
  }
  report_({{"event", "tty1"},
           {"hex", to_hex({buffer.data(), static_cast<std::size_t>(size)})},
           {"t", now_ms()}});
}

void Terminal::report_active() {
  std::array<char, 64> name{};
  const ssize_t size = pread(active_, name.data(), name.size(), 0);
  if (size <= 1) return;
  report_({{"event", "vt"},
           {"active", std::string(name.data(), static_cast<std::size_t>(size) - 1)},
           {"t", now_ms()}});
}

std::string Terminal::screen() {
  std::ifstream file(kScreen, std::ios::binary);
  const std::string cells((std::istreambuf_iterator<char>(file)), {});
  std::string text;
  for (std::size_t at = 0; at < cells.size(); at += kColumns) {
    const std::string row = cells.substr(at, kColumns);
    if (const auto last = row.find_last_not_of(' '); last != std::string::npos) {
      text += row.substr(0, last + 1) + "\n";
    }
  }
  return text;
}

}  // namespace bf::test_input
