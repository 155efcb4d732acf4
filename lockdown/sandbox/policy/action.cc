// SPDX-License-Identifier: Apache-2.0
#include "lockdown/sandbox/policy/names.h"
#include "lockdown/sandbox/policy/policy.h"

namespace bf::lockdown::sandbox {
namespace {

// linux/seccomp.h.
constexpr std::uint32_t kRetKillProcess = 0x80000000;
constexpr std::uint32_t kRetErrno = 0x00050000;
constexpr std::uint32_t kRetLog = 0x7ffc0000;
constexpr std::uint32_t kRetAllow = 0x7fff0000;
constexpr std::uint32_t kRetData = 0x0000ffff;

}  // namespace

std::string ToString(Action action) {
  switch (action.kind) {
    case ActionKind::kKill:
      return "kill";
    case ActionKind::kError: {
      const auto name = NameOf(Errors(), static_cast<std::uint64_t>(action.error));
      return name.empty() ? fmt::format("errno {}", action.error) : std::string(name);
    }
    case ActionKind::kLog:
      return "log";
    case ActionKind::kAllow:
      return "allow";
  }
  return "";
}

std::optional<Action> ParseAction(std::string_view text) {
  if (text == "kill") return Action{ActionKind::kKill};
  if (text == "log") return Action{ActionKind::kLog};
  if (text == "allow") return Action{ActionKind::kAllow};
  if (const auto error = Lookup(Errors(), text))
    return Action{ActionKind::kError, static_cast<int>(*error)};
  return std::nullopt;
}

std::uint32_t ToReturn(Action action) {
  switch (action.kind) {
    case ActionKind::kKill:
      return kRetKillProcess;
    case ActionKind::kError:
      return kRetErrno | (static_cast<std::uint32_t>(action.error) & kRetData);
    case ActionKind::kLog:
      return kRetLog;
    case ActionKind::kAllow:
      return kRetAllow;
  }
  return kRetKillProcess;
}

std::optional<Action> FromReturn(std::uint32_t value) {
  if (value == kRetKillProcess) return Action{ActionKind::kKill};
  if (value == kRetLog) return Action{ActionKind::kLog};
  if (value == kRetAllow) return Action{ActionKind::kAllow};
  if ((value & ~kRetData) == kRetErrno)
    return Action{ActionKind::kError, static_cast<int>(value & kRetData)};
  return std::nullopt;
}

}  // namespace bf::lockdown::sandbox
