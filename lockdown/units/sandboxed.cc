// SPDX-License-Identifier: Apache-2.0
#include "lockdown/units/sandboxed.h"

#include <algorithm>
#include <vector>

namespace bf::lockdown::units {
namespace {

constexpr std::string_view kBlank = " \t\n\r";

// Without quotes and escapes: the words in front of "--" have none, and a quoted one is no other.
std::vector<std::string_view> FirstWords(std::string_view text, std::size_t most) {
  std::vector<std::string_view> words;
  while (words.size() < most) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (text.empty()) break;
    const auto end = std::min(text.find_first_of(kBlank), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

// systemd.service(5): a ";" by itself begins another command. One that is quoted looks the same
// here; none of ours has either.
bool HasSeveral(std::string_view text) {
  for (auto at = text.find(';'); at != text.npos; at = text.find(';', at + 1)) {
    const bool begins = at == 0 || kBlank.find(text[at - 1]) != kBlank.npos;
    const bool ends = at + 1 == text.size() || kBlank.find(text[at + 1]) != kBlank.npos;
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

const SandboxedUnit* FindSandboxedUnit(std::string_view name) {
  const auto at = name.find('@');
  const auto dot = name.rfind('.');
  std::string service(name);
  if (at != name.npos && dot != name.npos && dot > at)
    service = std::string(name.substr(0, at + 1)) + std::string(name.substr(dot));
  for (const auto& one : kSandboxedUnits)
    if (one.name == service) return &one;
  return nullptr;
}

std::string ProfileOf(std::string_view command) {
  if (HasSeveral(command)) return {};
  // systemd.service(5): a failure that does not count. "+" and "!" would keep rights, and "@" and
  // ":" are used by none of ours.
  if (command.starts_with('-')) command.remove_prefix(1);
  const auto words = FirstWords(command, 5);
  const auto at = [&](std::size_t i) { return i < words.size() ? words[i] : std::string_view(); };
  // No option may stand in front of the profile but --report: --root and --policy would take it
  // from elsewhere, and an option's value could be what looks like the profile.
  std::size_t profile = 0;
  if (at(0) == "/usr/libexec/betterframe/bf-lockdown-exec") profile = 1;
  if (at(0) == "/usr/bin/bf-lockdown" && at(1) == "exec") profile = at(2) == "--report" ? 3 : 2;
  if (profile == 0 || at(profile).starts_with('-') || at(profile + 1) != "--") return {};
  return std::string(at(profile));
}

}  // namespace bf::lockdown::units
