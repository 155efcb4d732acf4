// SPDX-License-Identifier: Apache-2.0
#include "lockdown/filter/linux_output.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/file.h"
#include "lockdown/policy/policy.h"

namespace bf::lockdown::filter {

Result<Output> Output::Make(const std::string& path, const std::string& name,
                            const std::set<std::uint16_t>& keys) {
  Output output;
  BF_ASSIGN(output.fd_, host::Open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW));
  const int fd = output.fd_.get();
  uinput_setup setup{};
  setup.id = {kFilterOutputId.bus, kFilterOutputId.vendor, kFilterOutputId.product,
              kFilterOutputId.version};
  if (name.size() >= sizeof setup.name) return Fail("the name \"{}\" is too long", name);
  std::copy(name.begin(), name.end(), setup.name);
  bool done = ::ioctl(fd, UI_SET_EVBIT, EV_KEY) == 0;
  for (const std::uint16_t key : keys) done = done && ::ioctl(fd, UI_SET_KEYBIT, key) == 0;
  done = done && ::ioctl(fd, UI_DEV_SETUP, &setup) == 0 && ::ioctl(fd, UI_DEV_CREATE) == 0;
  if (!done) return FailErrno(errno, "make the device \"{}\"", name);
  return output;
}

Status Output::Write(const std::vector<Event>& events) {
  if (events.empty()) return {};
  std::vector<input_event> raw(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    raw[i].type = events[i].type;
    raw[i].code = events[i].code;
    raw[i].value = events[i].value;
  }
  const std::size_t size = raw.size() * sizeof raw[0];
  if (::write(fd_.get(), raw.data(), size) != static_cast<ssize_t>(size))
    return FailErrno(errno, "give keys on");
  return {};
}

Status DropCapabilities() {
  ::capng_clear(CAPNG_SELECT_CAPS);
  if (::capng_apply(CAPNG_SELECT_CAPS) != 0) return Fail("capabilities cannot be given up");
  if (::capng_get_caps_process() != 0 || ::capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE)
    return Fail("capabilities are still there after they were given up");
  return {};
}

Result<Waiter> Waiter::Make() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return FailErrno(errno, "block signals");
  Waiter waiter;
  waiter.signals_ = host::UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!waiter.signals_.valid()) return FailErrno(errno, "wait for signals");
  return waiter;
}

Result<Woken> Waiter::Wait(int fd) {
  pollfd waiting[2] = {{fd, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0) {
    if (errno != EINTR) return FailErrno(errno, "wait for events");
  }
  return waiting[1].revents != 0 ? Woken::kEnd : Woken::kEvents;
}

}  // namespace bf::lockdown::filter
