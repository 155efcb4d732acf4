// SPDX-License-Identifier: Apache-2.0
#include "core/host/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::host {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 6> kSearch = {
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// Between SIGTERM and SIGKILL: long enough for e2fsck to close its device.
constexpr std::chrono::milliseconds kGrace{2'000};

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& s : strings) pointers.push_back(s.data());
  pointers.push_back(nullptr);
  return pointers;
}

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left + 1, 0, 60'000));
}

// posix_spawnp would search the PATH of our own environment, which somebody else may have set.
std::string Find(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  for (const std::string_view dir : kSearch) {
    std::string path = fmt::format("{}/{}", dir, program);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return program;
}

struct Channel {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Channel> MakeOutput() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return FailErrno(errno, "make a pipe");
  return Channel{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// A socket and not a pipe: a child that ends early must not send us SIGPIPE.
Result<Channel> MakeInput(bool empty) {
  if (empty) {
    BF_ASSIGN(UniqueFd null, Open("/dev/null", O_RDONLY));
    return Channel{UniqueFd(), std::move(null)};
  }
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
    return FailErrno(errno, "make a socket pair");
  }
  return Channel{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// The file actions and attributes of posix_spawn, freed whatever happens.
class SpawnSetup {
 public:
  SpawnSetup(int stdin_fd, int output_fd) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, stdin_fd, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output_fd, 1);
    ::posix_spawn_file_actions_adddup2(&actions_, output_fd, 2);
    ::posix_spawnattr_init(&attributes_);
    // A process group of its own, so that a deadline ends grandchildren too; default signals,
    // whatever our caller blocked or ignored.
    sigset_t all;
    sigset_t none;
    sigfillset(&all);
    sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

void KeepTail(std::string& output, std::string_view more, std::size_t limit) {
  output += more;
  if (output.size() > limit) output.erase(0, output.size() - limit);
}

// Feeds `input`, collects output and waits for the end, ending the process group at the deadline.
class Watch {
 public:
  Watch(pid_t pid, UniqueFd pidfd, UniqueFd input_fd, UniqueFd output_fd, const Command& command)
      : pid_(pid),
        pidfd_(std::move(pidfd)),
        input_fd_(std::move(input_fd)),
        output_fd_(std::move(output_fd)),
        input_(command.input),
        limit_(command.output_limit),
        deadline_(Clock::now() + command.timeout) {
    for (const int fd : {input_fd_.get(), output_fd_.get()}) {
      if (fd >= 0) ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
  }

  Completed Wait() {
    while (!exited_ && !result_.stuck) {
      std::array<pollfd, 3> polled{pollfd{pidfd_.get(), POLLIN, 0},
                                   pollfd{output_fd_.get(), POLLIN, 0},
                                   pollfd{input_fd_.get(), POLLOUT, 0}};
      const int ready = ::poll(polled.data(), polled.size(), MillisecondsUntil(deadline_));
      if (ready < 0 && errno != EINTR) break;
      if (polled[1].revents != 0) Collect();
      if (polled[2].revents != 0) Feed();
      if (polled[0].revents != 0) Reap();
      if (!exited_ && Clock::now() >= deadline_) EndGroup();
    }
    Collect();
    return std::move(result_);
  }

 private:
  void Collect() {
    std::array<char, 8192> buffer;
    while (output_fd_.valid()) {
      const ssize_t got = ::read(output_fd_.get(), buffer.data(), buffer.size());
      if (got > 0) {
        KeepTail(result_.output, {buffer.data(), static_cast<std::size_t>(got)}, limit_);
      } else if (got < 0 && errno == EINTR) {
        continue;
      } else if (got < 0 && errno == EAGAIN) {
        return;
      } else {
        output_fd_.Reset();
      }
    }
  }

  void Feed() {
    const ssize_t put = ::send(input_fd_.get(), input_.data(), input_.size(), MSG_NOSIGNAL);
    if (put > 0) input_.remove_prefix(static_cast<std::size_t>(put));
    if (input_.empty() || (put < 0 && errno != EAGAIN && errno != EINTR)) input_fd_.Reset();
  }

  void Reap() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_) return;
    exited_ = true;
    if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  }

  void EndGroup() {
    // Uninterruptible sleep on a device that does not answer: waiting on would hang the boot.
    result_.stuck = killed_;
    killed_ = result_.timed_out;
    ::kill(-pid_, result_.timed_out ? SIGKILL : SIGTERM);
    // A stopped process takes SIGTERM only once it runs again.
    ::kill(-pid_, SIGCONT);
    result_.timed_out = true;
    deadline_ = Clock::now() + kGrace;
  }

  pid_t pid_;
  UniqueFd pidfd_;
  UniqueFd input_fd_;
  UniqueFd output_fd_;
  std::string_view input_;
  std::size_t limit_;
  Clock::time_point deadline_;
  Completed result_;
  bool exited_ = false;
  bool killed_ = false;
};

std::string LastLine(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto newline = text.rfind('\n');
  return std::string(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

}  // namespace

std::string Completed::Explain(const Command& command) const {
  std::string how;
  if (timed_out) {
    how = fmt::format("was ended after {} s", command.timeout.count() / 1000);
  } else if (signal != 0) {
    how = fmt::format("was ended by signal {}", signal);
  } else {
    how = fmt::format("ended with exit code {}", exit_code);
  }
  if (stuck) how += " and still hangs in the kernel";
  const std::string last = LastLine(output);
  return fmt::format("{} {}{}{}", command.argv.front(), how, last.empty() ? "" : ": ", last);
}

Result<Completed> Run(const Command& command) {
  BF_ASSIGN(Channel input, MakeInput(command.input.empty()));
  BF_ASSIGN(Channel output, MakeOutput());
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment = command.environment;
  environment.emplace_back(kPath);
  environment.emplace_back("LC_ALL=C.UTF-8");

  pid_t pid = -1;
  const SpawnSetup setup(input.theirs.get(), output.theirs.get());
  const int failed =
      ::posix_spawn(&pid, Find(argv.front()).c_str(), setup.actions(), setup.attributes(),
                    Pointers(argv).data(), Pointers(environment).data());
  if (failed != 0) return FailErrno(failed, "start {}", argv.front());
  input.theirs.Reset();
  output.theirs.Reset();

  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd.valid()) {
    const int code = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return FailErrno(code, "watch {}", argv.front());
  }
  return Watch(pid, std::move(pidfd), std::move(input.ours), std::move(output.ours), command)
      .Wait();
}

Result<std::string> RunOk(const Command& command) {
  BF_ASSIGN(Completed completed, Run(command));
  if (!completed.ok()) return Fail("{}", completed.Explain(command));
  return std::move(completed.output);
}

}  // namespace bf::host
