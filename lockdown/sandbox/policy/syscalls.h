// SPDX-License-Identifier: Apache-2.0
// The kernel's system calls: their numbers on the architectures we ship, and their arguments. The
// table is ours, so that what libseccomp makes of a name is checked against something else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace bf::lockdown::sandbox {

enum class Arch { kX86_64, kAarch64 };
inline constexpr Arch kArches[] = {Arch::kX86_64, Arch::kAarch64};
std::string_view ToString(Arch arch);  // as uname -m says
std::optional<Arch> ParseArch(std::string_view name);
Arch NativeArch();

// seccomp_data.arch (AUDIT_ARCH_*).
std::uint32_t AuditArch(Arch arch);
// x32 is x86_64's second table of system calls; this bit of the number tells it.
inline constexpr std::uint32_t kX32Bit = 0x40000000;

// How much of a register the kernel looks at. A pointer's target can change after the filter has
// looked, so that no condition on it means anything.
enum class Width { k32, k64, kPointer };

struct Argument {
  std::string_view name;
  Width width;
};

struct Syscall {
  std::string_view name;
  int x86_64;   // -1: the architecture has none
  int aarch64;  // -1: the architecture has none
  std::string_view prototype;

  int Number(Arch arch) const { return arch == Arch::kX86_64 ? x86_64 : aarch64; }
};

std::span<const Syscall> Syscalls();  // by name
const Syscall* FindSyscall(std::string_view name);
const Syscall* FindSyscall(Arch arch, std::uint32_t number);
std::vector<Argument> ArgumentsOf(const Syscall& syscall);

}  // namespace bf::lockdown::sandbox
