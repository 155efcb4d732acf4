// SPDX-License-Identifier: Apache-2.0
#include "tests/lockdown/sandbox/random_profile.h"

#include <algorithm>

#include "lockdown/sandbox/policy/condition.h"

namespace bf::test {
namespace {

using namespace lockdown::sandbox;

constexpr std::string_view kPool[] = {"ioctl", "socket", "mmap",  "clone",      "kill",   "lseek",
                                      "prctl", "fcntl",  "open",  "read",       "openat", "sendto",
                                      "close", "futex",  "mseal", "epoll_pwait"};
constexpr std::uint64_t kValues[] = {0,          1,          2,          3,         4,      6,
                                     0x10,       0xff,       0x5412,     0x5413,    0x7fff, 0x8000,
                                     0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};
constexpr std::string_view kActions[] = {"allow", "allow", "allow",  "kill",
                                         "log",   "EPERM", "EINVAL", "ENOSYS"};

std::uint64_t Pick(std::mt19937_64& random, std::size_t below) { return random() % below; }

std::uint64_t Value(std::mt19937_64& random, Width width) {
  std::uint64_t value = kValues[Pick(random, std::size(kValues))];
  if (width == Width::k64 && Pick(random, 2) == 0)
    value |= kValues[Pick(random, std::size(kValues))] << 32U;
  return value;
}

std::vector<Comparison> Conditions(std::mt19937_64& random, const Syscall& syscall) {
  std::vector<Comparison> when;
  const auto arguments = ArgumentsOf(syscall);
  for (unsigned i = 0; i < arguments.size(); ++i) {
    if (arguments[i].width == Width::kPointer || Pick(random, 2) == 0) continue;
    const std::uint64_t full = arguments[i].width == Width::k32 ? 0xffffffffU : ~std::uint64_t{0};
    std::uint64_t mask = Pick(random, 2) == 0 ? full : Value(random, arguments[i].width) & full;
    if (mask == 0) mask = full;
    when.push_back({i, mask, Value(random, arguments[i].width) & mask});
  }
  return when;
}

}  // namespace

Profile RandomProfile(std::mt19937_64& random) {
  Profile profile;
  profile.name = "random";
  profile.at = {"random.toml", 1, 1};
  profile.unknown.value = Unknown::kDefault;
  const Action fallback = *ParseAction(kActions[3 + Pick(random, 5)]);
  profile.fallback = {fallback.allows() ? Action{} : fallback, profile.at};
  const std::size_t tries = 1 + Pick(random, 24);
  const std::size_t names = 1 + Pick(random, 5);
  for (std::size_t i = 0; i < tries; ++i) {
    const Syscall* syscall =
        FindSyscall(kPool[(Pick(random, names) * 7 + tries) % std::size(kPool)]);
    Rule rule{syscall,
              {},
              *ParseAction(kActions[Pick(random, std::size(kActions))]),
              {"random.toml", static_cast<int>(i) + 2, 1},
              ""};
    if (Pick(random, 8) != 0) rule.when = Conditions(random, *syscall);
    // As the reader demands it.
    const bool clash =
        std::any_of(profile.rules.begin(), profile.rules.end(), [&](const Rule& one) {
          if (one.syscall != syscall) return false;
          return one.action == rule.action
                     ? Covers(one.when, rule.when) || Covers(rule.when, one.when)
                     : Overlap(one.when, rule.when);
        });
    if (!clash) profile.rules.push_back(std::move(rule));
  }
  return profile;
}

}  // namespace bf::test
