// SPDX-License-Identifier: Apache-2.0
// What was denied, each kind of call once, however often: a program that asks without end, or for
// something else each time, takes neither memory nor the journal.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lockdown/sandbox/policy/spell.h"

namespace bf::lockdown::sandbox {

struct Who {
  int process = 0;  // 0: it had gone before it could be asked
  std::string name;
};

struct Denied {
  std::string what;     // "ioctl(cmd = TIOCSTI)"
  std::string syscall;  // "ioctl", or "" where it has no name
  std::map<std::string, std::string> arguments;
  Action action;
  SourceRef at;       // the line of the profile that says so
  std::string group;  // where that is a group
  bool by_default = false;
  bool foreign = false;  // from another table of system calls, which no profile can allow
  std::uint64_t count = 0;
  Who first;
};

class Ledger {
 public:
  using Clock = std::chrono::steady_clock;

  // Of calls that are told apart by their arguments. What comes after them is told apart by the
  // system call, and numbers that are no system call by the action.
  static constexpr std::size_t kMostKinds = 512;
  // Lines at once, and after that one each kInterval.
  static constexpr unsigned kBurst = 32;
  static constexpr std::chrono::milliseconds kInterval{100};

  explicit Ledger(const Oracle& oracle) : oracle_(oracle) {}

  // `who` is only asked about the first of a kind.
  void Add(const Call& call, const Verdict& verdict, const std::function<Who()>& who);

  // The next kind that has not been said yet, if one may be said now.
  const Denied* Next(Clock::time_point now);
  // How long until then; nothing where all has been said.
  std::optional<std::chrono::milliseconds> Wait(Clock::time_point now) const;

  const std::deque<Denied>& all() const { return denied_; }
  std::uint64_t count() const { return count_; }

 private:
  struct Key {
    Call call;
    const Rule* rule = nullptr;
    int action = 0;
    int detail = 0;
    auto operator<=>(const Key&) const = default;
  };
  Key KeyFor(const Call& told, const Verdict& verdict) const;
  Denied Make(const Key& key, const Call& call, const Verdict& verdict) const;
  Clock::time_point NextAt() const;

  const Oracle& oracle_;
  std::deque<Denied> denied_;
  std::map<Key, std::size_t> index_;
  std::uint64_t count_ = 0;
  std::size_t kinds_ = 0;
  std::size_t said_ = 0;
  std::deque<Clock::time_point> recent_;  // of the last kBurst lines
};

}  // namespace bf::lockdown::sandbox
