// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/filter/linux_bounded.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/host/fd.h"
#include "core/host/file.h"

namespace bf::lockdown::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Child(int out, const std::function<Result<std::string>()>& work) {
  // "=" and the text, or "!" and the message: an empty answer is that of a child that crashed.
  std::string answer = "!exception";
  try {
    const auto result = work();
    answer = result ? "=" + *result : "!" + result.error().ToString();
  } catch (...) {
  }
  const bool written = host::WriteAll(out, answer, "pipe").has_value();
  ::_exit(written ? 0 : 1);
}

// Everything until the end, or an error at the deadline.
Result<std::string> Collect(int in, Clock::time_point deadline) {
  std::string text;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return Fail("it did not end in time");
    pollfd wait{in, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return FailErrno(errno, "poll");
    if (ready <= 0) continue;
    char buffer[1 << 16];
    const ssize_t got = ::read(in, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read");
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<std::string> RunBounded(const std::string& what, std::chrono::milliseconds limit,
                               const std::function<Result<std::string>()>& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return FailErrno(errno, "{}: pipe", what);
  host::UniqueFd in(ends[0]);
  host::UniqueFd out(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return FailErrno(errno, "{}: fork", what);
  if (child == 0) Child(out.get(), work);
  out.Reset();
  auto answer = Collect(in.get(), Clock::now() + limit);
  if (!answer) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!answer) return Failure(std::move(answer).error().Context(what));
  // One that was killed while it wrote has told a part only.
  if (answer->empty() || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Fail("{}: it crashed", what);
  if (answer->front() == '!') return Fail("{}: {}", what, answer->substr(1));
  return answer->substr(1);
}

}  // namespace bf::lockdown::sandbox
