// SPDX-License-Identifier: Apache-2.0
// policies/sandbox/NAME.toml: what a process may ask of the kernel. Whatever it does not name gets
// the default action, which never is to allow.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/reader.h"
#include "lockdown/sandbox/policy/syscalls.h"

namespace bf::lockdown::sandbox {

using policy::Located;

enum class ActionKind { kKill, kError, kLog, kAllow };  // kKill: the whole process
struct Action {
  ActionKind kind = ActionKind::kKill;
  int error = 0;  // of kError

  bool allows() const { return kind == ActionKind::kAllow || kind == ActionKind::kLog; }
  bool operator==(const Action&) const = default;
};
std::string ToString(Action action);  // "kill", "ENOSYS", "log", "allow"
std::optional<Action> ParseAction(std::string_view text);
// What the filter returns (SECCOMP_RET_*), and back.
std::uint32_t ToReturn(Action action);
std::optional<Action> FromReturn(std::uint32_t value);

// (argument & mask) == value. The mask never goes beyond the argument's width, so that what the
// kernel does not look at cannot decide.
struct Comparison {
  unsigned argument = 0;
  std::uint64_t mask = 0;
  std::uint64_t value = 0;

  bool Holds(std::uint64_t given) const { return (given & mask) == value; }
  bool operator==(const Comparison&) const = default;
  auto operator<=>(const Comparison&) const = default;
};

// All comparisons hold: at most one for each argument, in the order of the arguments.
struct Rule {
  const Syscall* syscall = nullptr;
  std::vector<Comparison> when;  // empty: always
  Action action;
  SourceRef at;
  std::string group;  // "@io", or "" when the profile names the system call itself
};
// Whether a call exists that matches both.
bool Overlap(const std::vector<Comparison>& a, const std::vector<Comparison>& b);
// Whether every call that matches `inner` matches `outer`.
bool Covers(const std::vector<Comparison>& outer, const std::vector<Comparison>& inner);

struct CapabilitySets {
  Located<std::uint64_t> bounding;
  Located<std::uint64_t> permitted;
  Located<std::uint64_t> ambient;
  // Being user 0 is worth no capability: the process has what is ambient, and its children too.
  // Otherwise a process of user 0 has its bounding set, as usual.
  bool root_is_nobody() const { return permitted.value == ambient.value; }
};

// Whether a profile may pass on a variable of this name: the dynamic linker runs what some name.
bool MayKeepVariable(std::string_view name);

struct Environment {
  std::vector<Located<std::string>> keep;
  std::map<std::string, Located<std::string>> set;
};

struct Descriptors {
  bool stdio[3] = {true, true, true};
  // Those that the service manager hands over: LISTEN_FDS many from 3 on.
  bool activation = false;
  SourceRef at;
};

// Something that weakens the sandbox, and who answers for it.
struct Relax {
  SourceRef at;
  std::vector<Located<std::string>> what;
  Located<std::string> because;
  Located<std::string> owner;
  Located<std::string> expires;  // "" or "2027-01-31"
};

// A name that neither the table of system calls nor a group has: refuse the profile, or leave it
// to the default action and say so.
enum class Unknown { kRefuse, kDefault };

struct Profile {
  std::string name;
  std::string hash;  // SHA-256 of the bytes of the file
  SourceRef at;
  Located<std::string> description;
  Located<Action> fallback;  // "default" in the file
  Located<Unknown> unknown;
  std::vector<Rule> rules;  // by syscall, then in the order of the file; no two contradict
  CapabilitySets capabilities;
  Located<bool> no_new_privs;
  Environment environment;
  Descriptors descriptors;
  std::vector<Relax> relaxes;
  std::vector<Located<std::string>> notes;  // unknown names that got the default
};

// Of groups.h: a profile says which it was written against.
inline constexpr std::int64_t kGroupsVersion = 1;
inline constexpr std::size_t kMostRules = 4096;
inline constexpr std::string_view kProfileDir = "sandbox";

// Lower-case letters, digits and "-", at most 32.
bool GoodProfileName(std::string_view name);
// Reads DIR/sandbox/NAME.toml. An error of kind kPolicy has all diagnostics.
Result<Profile> LoadProfile(const std::string& dir, const std::string& name);
// All of DIR/sandbox, by name; none where there is no such directory.
Result<std::vector<Profile>> LoadProfiles(const std::string& dir);
// The same from text; `file` is the name for diagnostics.
Result<Profile> ParseProfile(std::string_view text, const std::string& file,
                             const std::string& name);

}  // namespace bf::lockdown::sandbox
