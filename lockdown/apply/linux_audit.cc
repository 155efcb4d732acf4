// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/linux_audit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::lockdown {
namespace {

constexpr int kAuthpriv = 10 << 3;
constexpr int kNotice = 5;
constexpr int kWarning = 4;

bool ToJournal(const std::string& message) {
  const host::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  constexpr std::string_view kPath = "/run/systemd/journal/dev-log";
  std::memcpy(address.sun_path, kPath.data(), kPath.size());
  const auto sent = ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return sent == static_cast<ssize_t>(message.size());
}

}  // namespace

void Audit(std::string_view line, bool denied) {
  const std::string message = fmt::format(
      "<{}>bf-lockdown[{}]: {}", kAuthpriv | (denied ? kWarning : kNotice), ::getpid(), line);
  if (ToJournal(message)) return;
  if (auto log = host::Open("/dev/kmsg", O_WRONLY | O_NONBLOCK))
    (void)host::WriteAll(log->get(), message, "/dev/kmsg");
}

}  // namespace bf::lockdown
