// SPDX-License-Identifier: Apache-2.0
// What programs asked of the kernel, in one run or in several: each kind of call with its count.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "lockdown/sandbox/policy/spell.h"

namespace bf::lockdown::sandbox {

// A system call, and the arguments that tell its uses apart, as KindOf has them.
struct Kind {
  const Syscall* syscall = nullptr;  // of one table, in the order of names
  std::vector<Comparison> when;

  bool operator==(const Kind&) const = default;
  auto operator<=>(const Kind&) const = default;
};
// "read", or "socket.domain == AF_UNIX": an entry of a profile.
std::string ToString(const Kind& kind);
// Reads it back; the reason where that is no such entry.
tl::expected<Kind, std::string> ParseKind(std::string_view text);

struct Learned {
  // Values of one system call; with more it counts as asked for with any.
  static constexpr std::size_t kMostValues = 256;

  std::map<Kind, std::uint64_t> kinds;
  std::uint64_t clone3 = 0;           // refused, so that the program takes clone(2)
  std::uint64_t foreign = 0;          // from another table of system calls
  std::set<std::uint32_t> unnamed;    // numbers that have no name here
  std::set<std::string> programs;     // that were started by hand
  std::set<std::string> environment;  // names that they were given
  std::uint64_t capabilities = 0;     // that they had
  bool activation = false;            // descriptors were handed over

  void Add(const Kind& kind, std::uint64_t count);
  void Merge(const Learned& other);
};

// Fills it, one call at a time.
class Recorder {
 public:
  explicit Recorder(Arch arch);
  // False for the one call that is to be refused with ENOSYS.
  bool Add(const Call& call);
  Learned& learned() { return learned_; }

 private:
  Arch arch_;
  std::vector<const Syscall*> by_number_;
  Learned learned_;
};

std::string ToJson(const Learned& learned);
Result<Learned> FromJson(std::string_view text, const std::string& name);

}  // namespace bf::lockdown::sandbox
