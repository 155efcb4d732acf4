// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_deadline.h"

#include <signal.h>
#include <unistd.h>

#include <string_view>

namespace bf::boot {
namespace {

void Expire(int) {
  constexpr std::string_view kText = "bf-boot: the deadline has passed; given up\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(1);
}

}  // namespace

void SetDeadline(unsigned seconds) {
  struct sigaction action {};
  action.sa_handler = Expire;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(seconds);
}

}  // namespace bf::boot
