// SPDX-License-Identifier: Apache-2.0
#include "lockdown/filter/linux_source.h"

#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "core/host/file.h"

namespace bf::lockdown::filter {
namespace {

constexpr std::uint64_t kBarrierUs = 5'000'000;
// Devices are polled every 10 ms or more often.
constexpr int kQuietMs = 100;
constexpr auto kLongestDrain = std::chrono::seconds(1);
constexpr std::size_t kAtOnce = 64;

bool IsNode(int fd, const std::string& number) {
  struct stat stat {};
  return ::fstat(fd, &stat) == 0 && S_ISCHR(stat.st_mode) &&
         fmt::format("{}:{}", major(stat.st_rdev), minor(stat.st_rdev)) == number;
}

// The copy that outlived an earlier filter of this device, with its grab.
host::UniqueFd Stored(const std::string& number) {
  host::UniqueFd found;
  const int count = ::sd_listen_fds(/*unset_environment=*/1);
  for (int i = 0; i < count; ++i) {
    host::UniqueFd fd(SD_LISTEN_FDS_START + i);
    if (!found.valid() && IsNode(fd.get(), number)) found = std::move(fd);
  }
  if (found.valid()) ::fcntl(found.get(), F_SETFL, O_RDONLY | O_NONBLOCK);
  return found;
}

Status Store(int fd) {
  const int sent =
      ::sd_pid_notify_with_fds(0, /*unset_environment=*/0, "FDSTORE=1\nFDNAME=evdev", &fd, 1);
  if (sent < 0) return FailErrno(-sent, "store the grab");
  if (sent == 0)
    return Fail(
        "no service manager takes the grab: without it, a filter that dies would leave "
        "the device open");
  const int done = ::sd_notify_barrier(0, kBarrierUs);
  if (done <= 0) return FailErrno(-done, "see that the grab was stored");
  return {};
}

}  // namespace

Result<Source> Source::Hold(const std::string& node, const std::string& number,
                            const std::string& inhibited) {
  Source source;
  BF_ASSIGN(source.inhibited_, host::Open(inhibited, O_RDWR | O_NOFOLLOW));
  BF_TRY(source.Inhibit());
  source.node_ = Stored(number);
  if (source.node_.valid()) return source;
  BF_ASSIGN(source.node_, host::Open(node, O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
  if (!IsNode(source.node_.get(), number)) return Fail("{} is not the node {}", node, number);
  if (::ioctl(source.node_.get(), EVIOCGRAB, 1) != 0) return FailErrno(errno, "grab {}", node);
  BF_TRY(Store(source.node_.get()));
  return source;
}

Status Source::Inhibit() {
  if (::pwrite(inhibited_.get(), "1", 1, 0) != 1) return FailErrno(errno, "inhibit the device");
  return {};
}

Status Source::Release() {
  if (::pwrite(inhibited_.get(), "0", 1, 0) != 1) return FailErrno(errno, "release the device");
  const auto end = std::chrono::steady_clock::now() + kLongestDrain;
  pollfd waiting{node_.get(), POLLIN, 0};
  while (std::chrono::steady_clock::now() < end && ::poll(&waiting, 1, kQuietMs) != 0) {
    BF_TRY(Read());
  }
  return {};
}

Result<std::vector<Event>> Source::Read() {
  std::array<input_event, kAtOnce> raw;
  const ssize_t got = ::read(node_.get(), raw.data(), sizeof raw);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::vector<Event>();
  if (got <= 0) return FailErrno(got < 0 ? errno : ENODEV, "read the device");
  std::vector<Event> events;
  for (std::size_t i = 0; i < static_cast<std::size_t>(got) / sizeof raw[0]; ++i)
    events.push_back({raw[i].type, raw[i].code, raw[i].value});
  return events;
}

}  // namespace bf::lockdown::filter
