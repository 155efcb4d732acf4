// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/syscalls.h"

#include <algorithm>
#include <array>

namespace bf::lockdown::sandbox {
namespace {

constexpr auto kSyscalls = std::to_array<Syscall>({
#define BF_SYSCALL(name, x86_64, aarch64, prototype) {name, x86_64, aarch64, prototype},
#include "lockdown/sandbox/policy/syscalls.inc"
#undef BF_SYSCALL
});

}  // namespace

std::string_view ToString(Arch arch) { return arch == Arch::kX86_64 ? "x86_64" : "aarch64"; }

std::optional<Arch> ParseArch(std::string_view name) {
  for (const Arch arch : kArches) {
    if (ToString(arch) == name) return arch;
  }
  return std::nullopt;
}

Arch NativeArch() {
#if defined(__x86_64__)
  return Arch::kX86_64;
#elif defined(__aarch64__)
  return Arch::kAarch64;
#else
#error "the table of system calls has no column for this architecture"
#endif
}

std::uint32_t AuditArch(Arch arch) { return arch == Arch::kX86_64 ? 0xc000003e : 0xc00000b7; }

std::span<const Syscall> Syscalls() { return kSyscalls; }

const Syscall* FindSyscall(std::string_view name) {
  const auto found = std::lower_bound(
      kSyscalls.begin(), kSyscalls.end(), name,
      [](const Syscall& one, std::string_view wanted) { return one.name < wanted; });
  return found != kSyscalls.end() && found->name == name ? &*found : nullptr;
}

const Syscall* FindSyscall(Arch arch, std::uint32_t number) {
  const auto found = std::find_if(kSyscalls.begin(), kSyscalls.end(), [&](const Syscall& one) {
    return one.Number(arch) >= 0 && static_cast<std::uint32_t>(one.Number(arch)) == number;
  });
  return found == kSyscalls.end() ? nullptr : &*found;
}

std::vector<Argument> ArgumentsOf(const Syscall& syscall) {
  std::vector<Argument> arguments;
  std::string_view rest = syscall.prototype;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(", "), rest.size());
    const std::string_view one = rest.substr(0, end);
    const std::string_view width = one.substr(0, 3);
    arguments.push_back({one.substr(4), width == "u32"   ? Width::k32
                                        : width == "u64" ? Width::k64
                                                         : Width::kPointer});
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return arguments;
}

}  // namespace bf::lockdown::sandbox
