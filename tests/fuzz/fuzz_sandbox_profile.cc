// SPDX-License-Identifier: Apache-2.0
// Any text as a profile: it is refused with positions, or it is one whose default denies and whose
// rules never contradict, so that the order in which they are asked does not matter.
#include <algorithm>
#include <cstdint>

#include "lockdown/sandbox/policy/decide.h"
#include "lockdown/sandbox/policy/weaken.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bf::lockdown::sandbox;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto profile = ParseProfile(text, "p.toml", "p");
  if (!profile) {
    if (profile.error().kind != bf::ErrorKind::kPolicy) __builtin_trap();
    return 0;
  }
  // What allows by default, or weakens, has somebody who answers for it.
  const bool weak = profile->fallback.value.allows() || !WeakeningsOf(*profile).empty();
  if (weak && profile->relaxes.empty()) __builtin_trap();
  if (profile->rules.size() > 200) return 0;
  Profile reversed = *profile;
  std::reverse(reversed.rules.begin(), reversed.rules.end());
  const Oracle one(*profile, Arch::kX86_64);
  const Oracle other(reversed, Arch::kX86_64);
  for (const Rule& rule : profile->rules) {
    if (rule.syscall->x86_64 < 0) continue;
    Call call{AuditArch(Arch::kX86_64), static_cast<std::uint32_t>(rule.syscall->x86_64), {}};
    for (const Comparison& when : rule.when) call.arguments[when.argument] = when.value;
    if (!(one.Decide(call).action == rule.action)) __builtin_trap();
    if (!(other.Decide(call).action == rule.action)) __builtin_trap();
  }
  return 0;
}
