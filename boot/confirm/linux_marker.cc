// SPDX-License-Identifier: Apache-2.0
#include "boot/confirm/linux_marker.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>

#include "core/facts/stage.h"
#include "core/host/file.h"

namespace bf::boot::confirm {

std::int64_t Uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

Result<MarkerWatch> MarkerWatch::Open(const std::string& root) {
  std::string directory = host::Under(root, facts::kStageDirectory);
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    return FailErrno(errno, "create {}", directory);
  }
  host::UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (fd.get() < 0) return FailErrno(errno, "inotify");
  constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;
  if (::inotify_add_watch(fd.get(), directory.c_str(), kEvents) < 0) {
    return FailErrno(errno, "watch {}", directory);
  }
  return MarkerWatch(std::move(directory), std::move(fd));
}

std::optional<std::int64_t> MarkerWatch::Since() {
  struct stat info {};
  const std::string path = directory_ + "/" + std::string(kMarkerName);
  const bool there = ::lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  if (!there) {
    since_.reset();
  } else if (!since_) {
    since_ = Uptime();
  }
  return since_;
}

Status MarkerWatch::Wait(std::optional<std::int64_t> until) {
  int timeout = -1;
  if (until) {
    const std::int64_t left = std::max<std::int64_t>(*until - Uptime(), 0);
    timeout = static_cast<int>(std::min<std::int64_t>(left, INT_MAX));
  }
  pollfd event{fd_.get(), POLLIN, 0};
  const int count = ::poll(&event, 1, timeout);
  if (count < 0 && errno != EINTR) return FailErrno(errno, "wait for {}", kMarkerName);
  return Drain();
}

// A marker that was taken away, and be it for a moment, begins anew.
Status MarkerWatch::Drain() {
  alignas(inotify_event) std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EAGAIN) return {};
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return FailErrno(errno, "read the watch of {}", directory_);
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      const bool gone = (event.mask & (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0;
      if (event.mask & IN_Q_OVERFLOW || (event.len > 0 && gone && name == kMarkerName)) {
        since_.reset();
      }
      at += sizeof event + event.len;
    }
  }
}

}  // namespace bf::boot::confirm
