// SPDX-License-Identifier: Apache-2.0
#include "lockdown/maintenance/judge.h"

#include <algorithm>

namespace bf::lockdown::maintenance {
namespace {

std::optional<By> ByOf(lockdown::Window window) {
  switch (window) {
    case lockdown::Window::kOff:
      return std::nullopt;
    case lockdown::Window::kRoot:
      return By::kRoot;
    case lockdown::Window::kSigned:
      return By::kSignature;
  }
  return std::nullopt;
}

std::string Off(const Policy& policy) {
  const SourceRef& at = policy.maintenance.window.at;
  return fmt::format("the policy has no maintenance window{}",
                     at ? fmt::format(" ({})", at.ToString()) : "");
}

template <class... Args>
Start Closed(fmt::format_string<Args...> format, Args&&... args) {
  return {std::nullopt, fmt::format(format, std::forward<Args>(args)...)};
}

// Who it comes from: root of this boot, or whoever has the key.
std::string WrongOrigin(By by, const TokenFacts& facts, const Token& token, const Now& now) {
  if (!token.boot.empty() && token.boot != now.boot) return "the token is for another boot";
  if (by == By::kRoot) {
    if (!token.signature.empty()) return "the token is signed, and the policy names no key";
    // What root of an earlier boot left behind is not what root wants now.
    if (token.boot.empty()) return "the token says no boot, and it is not signed";
    return "";
  }
  if (token.signature.empty()) return "the token is not signed, and the policy asks for that";
  if (facts.signature == Signature::kUnchecked) return "the signature could not be checked";
  if (facts.signature == Signature::kBad)
    return "the signature is not by the key that the policy names";
  if (!facts.durable)
    return "BF_DATA forgets at the end of this boot, and with it that the token was used";
  return "";
}

}  // namespace

Start JudgeToken(const Policy& policy, const TokenFacts& facts, const Now& now) {
  const auto by = ByOf(policy.maintenance.window.value);
  if (!by) return Closed("{}", Off(policy));
  if (!facts.token.problem.empty()) return Closed("the token: {}", facts.token.problem);
  if (!facts.token.there) return Closed("there is no token");
  if (!IsMachineId(now.machine)) return Closed("this device has no machine id");
  if (!IsBootId(now.boot)) return Closed("this boot has no id");
  if (now.boottime_ms < 0) return Closed("the clock of this boot cannot be read");
  const auto token = ParseToken(facts.token.text);
  if (!token) return Closed("the token: {}", token.error().message);
  if (token->machine != now.machine) return Closed("the token is for another device");
  if (std::string wrong = WrongOrigin(*by, facts, *token, now); !wrong.empty())
    return Closed("{}", wrong);
  if (!facts.used.problem.empty())
    return Closed("which tokens were used is not known: {}", facts.used.problem);
  if (facts.used.there) {
    const auto used = ParseUsed(facts.used.text);
    if (!used) return Closed("which tokens were used is not known: {}", used.error().message);
    if (token->number <= used->number)
      return Closed("the token was used before (it has number {}, and {} was the last)",
                    token->number, used->number);
  }
  const std::int64_t length = std::min(token->for_ms, policy.maintenance.longest_ms.value);
  if (length <= 0) return Closed("the policy gives it no time");
  return {Window{*by, token->number, now.boot, now.boottime_ms, now.boottime_ms + length}, ""};
}

State MaintenanceNow(const Policy& policy, const Found& found, const Now& now) {
  const auto closed = [](std::string why) { return State{false, std::move(why), 0}; };
  const auto by = ByOf(policy.maintenance.window.value);
  if (!by) return closed(Off(policy));
  if (!found.problem.empty()) return closed(fmt::format("the window: {}", found.problem));
  if (!found.there) return closed("nobody opened it");
  const auto window = ParseWindow(found.text);
  if (!window) return closed(fmt::format("the window: {}", window.error().message));
  if (window->by != *by) return closed("the window was not opened as the policy asks");
  if (!IsBootId(now.boot) || window->boot != now.boot)
    return closed("the window was opened in another boot");
  if (window->until_ms - window->from_ms > policy.maintenance.longest_ms.value)
    return closed("the window is longer than the policy lets it be");
  if (now.boottime_ms < window->from_ms)
    return closed("the window begins in the future of a clock that nobody can set");
  if (now.boottime_ms >= window->until_ms) return closed("its time is over");
  const std::int64_t left = window->until_ms - now.boottime_ms;
  return {true, fmt::format("open for another {} s", (left + 999) / 1000), left};
}

}  // namespace bf::lockdown::maintenance
