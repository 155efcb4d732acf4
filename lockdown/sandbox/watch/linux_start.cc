// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/watch/linux_start.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <span>
#include <thread>

#include "lockdown/sandbox/start/linux_enter.h"

namespace bf::lockdown::sandbox {
namespace {

// A signal that a program gets while it waits for an answer must not make it ask again.
constexpr unsigned kFlags =
    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
constexpr std::size_t kMostMessage = 4096;
constexpr char kListener = 'L';

// One message of an error: its kind, errno, text.
void Tell(int socket, const Error& error) {
  std::string message = {static_cast<char>('0' + static_cast<int>(error.kind))};
  message += error.ToString().substr(0, kMostMessage - 1);
  (void)::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
}

// Bytes, and room for one descriptor beside them.
struct Message {
  explicit Message(std::span<char> bytes) : data{bytes.data(), bytes.size()} {
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  iovec data;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
};

bool SendListener(int socket, int listener) {
  char kind = kListener;
  Message message({&kind, 1});
  cmsghdr* const header = CMSG_FIRSTHDR(&message.header);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof listener);
  std::memcpy(CMSG_DATA(header), &listener, sizeof listener);
  return ::sendmsg(socket, &message.header, MSG_NOSIGNAL) == 1;
}

// What the two threads of the child tell each other, without a system call: one of them is under
// the filter by then, and whatever it asks for would wait for an answer that nobody can give yet.
struct Handoff {
  std::atomic<int> listener{-1};
  std::atomic<bool> sent{false};
  std::atomic<int> error{0};  // of execve(2)
};

// In a thread without the filter: gives the listener away, and says it if the program could not be
// started after that. Ends with the thread that becomes the program.
void Deliver(Handoff& handoff, int socket, const std::string& program) {
  while (handoff.listener.load() < 0) ::sched_yield();
  if (!SendListener(socket, handoff.listener.load())) ::_exit(1);
  handoff.sent = true;
  while (handoff.error.load() == 0) ::usleep(1000);
  Tell(socket, NotStarted(handoff.error.load(), "start " + program));
  ::_exit(1);
}

[[noreturn]] void Child(const Program& filter, const std::vector<std::string>& command,
                        const sigset_t& mask, int socket,
                        const std::function<Result<Ready>()>& prepare) {
  auto ready = prepare();
  if (!ready) {
    Tell(socket, ready.error());
    ::_exit(1);
  }
  const auto argv = Pointers(command);
  const auto envp = Pointers(ready->environment);
  Handoff handoff;
  std::thread([&] { Deliver(handoff, socket, ready->program); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  const auto listener = LoadFilter(filter, kFlags);
  if (!listener) {
    Tell(socket, listener.error());
    ::_exit(1);
  }
  handoff.listener = *listener;
  while (!handoff.sent.load()) {
  }
  ::execve(ready->program.c_str(), argv.data(), envp.data());
  handoff.error = errno;
  for (;;) {
  }
}

// An error that the child told, or none where the message is something else.
std::optional<Error> Told(std::string_view message) {
  if (message.empty() || message.front() == kListener) return std::nullopt;
  return Error{
      static_cast<ErrorKind>(message.front() - '0'), std::string(message.substr(1)), {}, 0};
}

Result<host::UniqueFd> ReceiveListener(int socket) {
  std::array<char, kMostMessage> buffer;
  Message message(buffer);
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return FailErrno(errno, "hear of the program");
  if (auto error = Told({buffer.data(), static_cast<std::size_t>(got)})) return Failure(*error);
  const cmsghdr* const header = CMSG_FIRSTHDR(&message.header);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
    return Fail("the program's process ended before it began");
  int listener = -1;
  std::memcpy(&listener, CMSG_DATA(header), sizeof listener);
  return host::UniqueFd(listener);
}

}  // namespace

Result<Watched> StartWatched(const Program& filter, const std::vector<std::string>& command,
                             const sigset_t& mask, const std::function<Result<Ready>()>& prepare) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return FailErrno(errno, "make a socket pair");
  Watched watched;
  watched.starting = host::UniqueFd(ends[0]);
  host::UniqueFd theirs(ends[1]);
  watched.pid = ::fork();
  if (watched.pid < 0) return FailErrno(errno, "fork");
  if (watched.pid == 0) {
    watched.starting.Reset();
    Child(filter, command, mask, theirs.get(), prepare);
  }
  theirs.Reset();
  watched.pidfd = host::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, watched.pid, 0)));
  auto listener = ReceiveListener(watched.starting.get());
  if (listener && watched.pidfd.valid()) {
    watched.listener = std::move(*listener);
    return watched;
  }
  ::kill(watched.pid, SIGKILL);
  while (::waitpid(watched.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!listener) return Failure(std::move(listener).error());
  return Fail("pidfd_open failed");
}

Status ReadStarting(const host::UniqueFd& starting) {
  std::array<char, kMostMessage> buffer;
  const ssize_t got = ::recv(starting.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) return {};
  if (auto error = Told({buffer.data(), static_cast<std::size_t>(got)})) return Failure(*error);
  return {};
}

}  // namespace bf::lockdown::sandbox
