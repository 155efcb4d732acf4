// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/linux_watch.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "core/host/file.h"
#include "lockdown/sandbox/start/environment.h"

namespace bf::lockdown::sandbox {
namespace {

constexpr int kForwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

// Blocks what is to be given on, and SIGPIPE: nobody reading the report is no reason to leave the
// program without answers. As it was at the end.
class Signals {
 public:
  Signals() {
    sigset_t taken;
    sigemptyset(&taken);
    for (const int one : kForwarded) sigaddset(&taken, one);
    fd_ = host::UniqueFd(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
    sigaddset(&taken, SIGPIPE);
    ::sigprocmask(SIG_BLOCK, &taken, &before_);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() {
    // What came too late to be given on must not end this process before it has said what it saw.
    signalfd_siginfo info{};
    while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
    }
    const timespec none{};
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::sigtimedwait(&pipe, nullptr, &none);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  int fd() const { return fd_.get(); }
  const sigset_t& before() const { return before_; }

 private:
  host::UniqueFd fd_;
  sigset_t before_{};
};

// Memory in the size that this kernel writes, which may be more than this program was built for.
template <class T>
class Sized {
 public:
  explicit Sized(std::size_t size) : bytes_(std::max(size, sizeof(T)) / sizeof(T) + 1) {}
  T& Cleared() {
    std::memset(bytes_.data(), 0, bytes_.size() * sizeof(T));
    return bytes_.front();
  }

 private:
  std::vector<T> bytes_;
};

class Watch {
 public:
  Watch(Watched watched, const Watcher& watcher, const Signals& signals)
      : watched_(std::move(watched)), watcher_(watcher), signals_(signals) {
    if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes_) != 0)
      sizes_ = {sizeof(seccomp_notif), sizeof(seccomp_notif_resp), sizeof(seccomp_data)};
    request_ = Sized<seccomp_notif>(sizes_.seccomp_notif);
    response_ = Sized<seccomp_notif_resp>(sizes_.seccomp_notif_resp);
  }

  Result<Ended> Run() {
    while (Waits()) {
      std::array<pollfd, 4> polled{
          pollfd{watched_.listener.get(), POLLIN, 0}, pollfd{watched_.starting.get(), POLLIN, 0},
          pollfd{signals_.fd(), POLLIN, 0}, pollfd{reaped_ ? -1 : watched_.pidfd.get(), POLLIN, 0}};
      const auto wait = watcher_.idle ? watcher_.idle() : std::nullopt;
      const int ready =
          ::poll(polled.data(), polled.size(), wait ? static_cast<int>(wait->count()) : -1);
      if (ready < 0 && errno == EINTR) continue;
      if (ready < 0) return FailErrno(errno, "poll");
      if (polled[2].revents != 0) Forward();
      if ((polled[0].revents & POLLIN) != 0) AnswerOne();
      if ((polled[0].revents & (POLLHUP | POLLERR)) != 0) watched_.listener.Reset();
      if (polled[1].revents != 0) BF_TRY(Started());
      if (polled[3].revents != 0) Reap();
    }
    return ended_;
  }

 private:
  bool Waits() const {
    if (!reaped_) return true;
    return watcher_.until_all_ended && watched_.listener.valid() && !ended_.cut;
  }

  Status Started() {
    const Status started = ReadStarting(watched_.starting);
    watched_.starting.Reset();
    if (!started) Reap();
    return started;
  }

  void Reap() {
    int status = 0;
    while (::waitpid(watched_.pid, &status, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    if (WIFEXITED(status)) ended_.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) ended_.signal = WTERMSIG(status);
    // As the filter of the profile would have ended it.
    if (ended_.signal == SIGKILL && killed_) ended_.signal = SIGSYS;
  }

  void Forward() {
    signalfd_siginfo info{};
    while (::read(signals_.fd(), &info, sizeof info) == sizeof info) {
      // The terminal's own go to the whole foreground group, and the program is in it.
      const bool from_terminal = info.ssi_code == SI_KERNEL;
      const int signal = static_cast<int>(info.ssi_signo);
      if (reaped_)
        ended_.cut = ended_.cut || signal != SIGHUP;
      else if (!from_terminal)
        ::syscall(SYS_pidfd_send_signal, watched_.pidfd.get(), signal, nullptr, 0);
    }
  }

  void AnswerOne() {
    seccomp_notif& request = request_.Cleared();
    // It may have been killed since poll(2) saw it.
    if (::ioctl(watched_.listener.get(), SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return;
    Call call{request.data.arch, static_cast<std::uint32_t>(request.data.nr), {}};
    std::copy_n(request.data.args, call.arguments.size(), call.arguments.begin());
    const Task task(watched_.listener.get(), request.id, static_cast<pid_t>(request.pid));
    const Answer answer = watcher_.decide(call, task);
    seccomp_notif_resp& response = response_.Cleared();
    response.id = request.id;
    if (answer.reply == Reply::kContinue)
      response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
      response.error = -(answer.error != 0 ? answer.error : ENOSYS);
    if (answer.reply == Reply::kKill) killed_ = task.Kill() == watched_.pid || killed_;
    // Whoever was killed hears nothing of it any more.
    ::ioctl(watched_.listener.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
  }

  Watched watched_;
  const Watcher& watcher_;
  const Signals& signals_;
  seccomp_notif_sizes sizes_{};
  Sized<seccomp_notif> request_{0};
  Sized<seccomp_notif_resp> response_{0};
  Ended ended_;
  bool reaped_ = false;
  bool killed_ = false;
};

}  // namespace

Result<Ended> RunWatched(const Request& request, const Watcher& watcher) {
  const Signals signals;
  const pid_t own = ::getpid();
  BF_ASSIGN(Watched watched, StartWatched(request.filter, request.command, signals.before(), [&]() {
              auto given = GivenEnvironment();
              HandOn(given, own, ::getpid());
              return request.prepare(given);
            }));
  return Watch(std::move(watched), watcher, signals).Run();
}

}  // namespace bf::lockdown::sandbox
