// SPDX-License-Identifier: Apache-2.0
// Arguments in the kernel's names, and those that tell one use of a system call from another.
#pragma once

#include <string>

#include "lockdown/sandbox/policy/decide.h"

namespace bf::lockdown::sandbox {

// "AF_UNIX", "PROT_READ|PROT_WRITE", "0x11": as a condition could say it.
std::string Spell(const Syscall& syscall, unsigned argument, std::uint64_t value);

// The comparisons by which profiles tell this call from others of the same system call, such as
// "socket.domain == AF_INET && socket.type & 0xf == SOCK_DGRAM": groups and weakenings ask for no
// more. None where only the system call counts.
std::vector<Comparison> KindOf(const Syscall& syscall, const Call& call);

// Such as "mmap.prot & (PROT_WRITE|PROT_EXEC) == PROT_WRITE", joined with "&&".
std::string SpellConditions(const Syscall& syscall, const std::vector<Comparison>& when);

// "ioctl(cmd = TIOCSTI)": the arguments that this profile has conditions on for this system call,
// or that KindOf looks at. The others are zero in `call`, so that what reads the same is the same.
struct Told {
  Call call;
  std::string text;
  std::map<std::string, std::string> arguments;  // "cmd": "TIOCSTI"
};
Told Tell(const Call& call, const Oracle& oracle);

}  // namespace bf::lockdown::sandbox
