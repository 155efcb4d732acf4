// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/linux_drain.h"

#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/file.h"

namespace bf::lockdown {
namespace {

// Devices are polled every 10 ms or more often.
constexpr int kQuietMs = 100;
// Somebody may be using it already: then what comes is no longer from a queue.
constexpr int kLongestMs = 1000;
// How long apply and decide wait for one another, who drain the same way.
constexpr int kGrabMs = 2500;
// udev may be asked about inputN before the kernel has made eventN.
constexpr int kNodeMs = 50;

volatile sig_atomic_t inhibit_fd = -1;

std::int64_t NowMs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

void SleepMs(int ms) {
  const timespec time{0, ms * 1'000'000L};
  ::nanosleep(&time, nullptr);
}

Result<host::UniqueFd> OpenNode(const std::string& node, const std::string& number) {
  for (int waited = 0;; waited += 5) {
    auto fd = host::Open(node, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!fd) {
      if (fd.error().sys_errno != ENOENT || waited >= kNodeMs) return fd;
      SleepMs(5);
      continue;
    }
    struct stat st {};
    if (::fstat(fd->get(), &st) != 0) return FailErrno(errno, "look at {}", node);
    const std::string is = fmt::format("{}:{}", major(st.st_rdev), minor(st.st_rdev));
    if (!S_ISCHR(st.st_mode) || is != number)
      return Fail("{} is {}, and not the node {} of the device", node, is, number);
    return fd;
  }
}

// Somebody else's grab would keep us from seeing what has to be thrown away.
Status Grab(int fd, const std::string& node) {
  const std::int64_t begin = NowMs();
  while (::ioctl(fd, EVIOCGRAB, 1) != 0) {
    if (errno != EBUSY || NowMs() - begin >= kGrabMs) return FailErrno(errno, "grab {}", node);
    SleepMs(20);
  }
  return {};
}

Status WriteInhibited(int fd, const char* value) {
  if (::pwrite(fd, value, 1, 0) != 1) return FailErrno(errno, "write \"{}\" to inhibited", value);
  return {};
}

// Reads and drops all there is, until it has been quiet.
Status Drain(int fd, const std::string& node) {
  const std::int64_t begin = NowMs();
  while (NowMs() - begin < kLongestMs) {
    pollfd waiting{fd, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kQuietMs);
    if (ready < 0 && errno != EINTR) return FailErrno(errno, "wait for {}", node);
    if (ready == 0) return {};
    std::array<input_event, 64> events;
    const ssize_t got = ::read(fd, events.data(), sizeof events);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return FailErrno(errno, "read {}", node);
  }
  return {};
}

// Only what is safe in a signal handler.
void OnAlarm(int /*signal*/) {
  const int fd = inhibit_fd;
  if (fd >= 0 && ::pwrite(fd, "1", 1, 0) != 1) ::_exit(71);
  static constexpr char kTold[] = "<84>bf-lockdown: decide ran out of time; nothing was released";
  const int log = ::open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (log >= 0 && ::write(log, kTold, sizeof kTold - 1) < 0) ::_exit(74);
  ::_exit(75);
}

}  // namespace

Status DrainAndRelease(const std::string& node, const std::string& number, int inhibited_fd) {
  BF_ASSIGN(const auto fd, OpenNode(node, number));
  BF_TRY(Grab(fd.get(), node));
  inhibit_fd = inhibited_fd;
  Status done = WriteInhibited(inhibited_fd, "0");
  if (done) done = Drain(fd.get(), node);
  // Before the grab ends: with it off, the node would be open to all.
  if (!done) (void)WriteInhibited(inhibited_fd, "1");
  inhibit_fd = -1;
  return done;  // closing it lets go of the grab
}

void InhibitOnAlarm() {
  struct sigaction action {};
  action.sa_handler = OnAlarm;
  ::sigaction(SIGALRM, &action, nullptr);
}

}  // namespace bf::lockdown
