// SPDX-License-Identifier: Apache-2.0
#include "tests/device/guest_tools/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace bf::test_input {
namespace {

constexpr std::array<std::string_view, 6> kStarts = {"sysrq:", "input:", "hid-",
                                                     "usb ",   "uhid",   "Kernel panic"};

}  // namespace

KernelLog::KernelLog(Loop& loop, Report report)
    : report_(std::move(report)), fd_(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
  if (fd_ < 0) die("/dev/kmsg");
  loop.add(fd_, [this] { read_record(); });
}

void KernelLog::read_record() {
  std::array<char, 8192> buffer;
  const ssize_t size = read(fd_, buffer.data(), buffer.size());
  if (size <= 0) return;  // EPIPE: records were overwritten, the next read goes on
  // "priority,sequence,microseconds,flags;text\n"
  const std::string_view record(buffer.data(), static_cast<std::size_t>(size));
  const auto semicolon = record.find(';');
  if (semicolon == std::string_view::npos) return;
  std::string_view time = record.substr(record.find(',') + 1);
  time = time.substr(time.find(',') + 1);
  const std::string_view text = record.substr(semicolon + 1, record.find('\n') - semicolon - 1);
  const auto starts = [&](std::string_view start) { return text.starts_with(start); };
  if (!std::any_of(kStarts.begin(), kStarts.end(), starts)) return;
  report_({{"event", "kmsg"},
           {"text", std::string(text)},
           {"t", std::strtod(time.data(), nullptr) / 1e3}});
}

}  // namespace bf::test_input
