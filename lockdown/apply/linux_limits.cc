// SPDX-License-Identifier: Apache-2.0
#include "lockdown/apply/linux_limits.h"

#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "lockdown/apply/linux_drain.h"

namespace bf::lockdown {
namespace {

Status Limit(decltype(RLIMIT_CPU) what, rlim_t value, const char* name) {
  rlimit limit{};
  if (::getrlimit(what, &limit) != 0) return FailErrno(errno, "read the limit of {}", name);
  // Whoever started it may have set less.
  limit.rlim_cur = limit.rlim_max = std::min({limit.rlim_cur, limit.rlim_max, value});
  if (::setrlimit(what, &limit) != 0) return FailErrno(errno, "limit {}", name);
  return {};
}

}  // namespace

Status LimitOurselves(const Limits& limits) {
  BF_TRY(Limit(RLIMIT_CPU, limits.cpu_seconds, "the processor time"));
  BF_TRY(Limit(RLIMIT_AS, limits.memory, "the memory"));
  BF_TRY(Limit(RLIMIT_CORE, 0, "the core dump"));
  InhibitOnAlarm();
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(limits.deadline.count() / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(limits.deadline.count() % 1000 * 1000);
  if (::setitimer(ITIMER_REAL, &timer, nullptr) != 0) return FailErrno(errno, "set a deadline");
  return {};
}

}  // namespace bf::lockdown
