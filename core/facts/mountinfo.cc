// SPDX-License-Identifier: Apache-2.0
#include "core/facts/mountinfo.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/host/file.h"

namespace bf::facts {
namespace {

// Thousands of mounts are possible (containers, snaps); beyond this something is wrong.
constexpr std::size_t kMaxMountInfo = 16 << 20;

std::string_view NextWord(std::string_view& rest, char separator = ' ') {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes space, tab, newline and backslash as \ooo.
std::string Unescape(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) &&
        IsOctal(text[i + 3])) {
      const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
      result += static_cast<char>(value);
      i += 3;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::vector<std::string> SplitOptions(std::string_view text) {
  std::vector<std::string> options;
  while (!text.empty()) options.push_back(Unescape(NextWord(text, ',')));
  return options;
}

template <class Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc() && end == text.data() + text.size();
}

std::optional<Mount> ParseLine(std::string_view line) {
  Mount mount;
  if (!ParseNumber(NextWord(line), mount.id)) return std::nullopt;
  if (!ParseNumber(NextWord(line), mount.parent)) return std::nullopt;
  std::string_view device = NextWord(line);
  if (!ParseNumber(NextWord(device, ':'), mount.major)) return std::nullopt;
  if (!ParseNumber(device, mount.minor)) return std::nullopt;
  mount.root = Unescape(NextWord(line));
  mount.target = Unescape(NextWord(line));
  mount.options = SplitOptions(NextWord(line));
  while (true) {
    if (line.empty()) return std::nullopt;
    const std::string_view optional = NextWord(line);
    if (optional == "-") break;
    if (!mount.propagation.empty()) mount.propagation += ' ';
    mount.propagation += optional;
  }
  mount.fs_type = Unescape(NextWord(line));
  mount.source = Unescape(NextWord(line));
  mount.super_options = SplitOptions(NextWord(line));
  if (mount.target.empty() || mount.fs_type.empty()) return std::nullopt;
  return mount;
}

bool Contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool IsAtOrBelow(std::string_view path, std::string_view target) {
  if (target == "/") return true;
  return path.starts_with(target) && (path.size() == target.size() || path[target.size()] == '/');
}

}  // namespace

bool Mount::HasOption(std::string_view name) const { return Contains(options, name); }
bool Mount::HasSuperOption(std::string_view name) const { return Contains(super_options, name); }

std::string Mount::SuperOption(std::string_view name) const {
  for (const std::string& option : super_options) {
    if (option.size() > name.size() && option.starts_with(name) && option[name.size()] == '=') {
      return option.substr(name.size() + 1);
    }
  }
  return {};
}

Result<std::vector<Mount>> ParseMountInfo(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    const std::string_view line = NextWord(text, '\n');
    if (line.empty()) continue;
    auto mount = ParseLine(line);
    if (!mount) return Fail("not a line of mountinfo: \"{}\"", line);
    mounts.push_back(std::move(*mount));
  }
  return mounts;
}

Result<std::vector<Mount>> ReadMountInfo(const std::string& root) {
  BF_ASSIGN(const std::string text,
            host::ReadFile(host::Under(root, "/proc/self/mountinfo"), kMaxMountInfo));
  return ParseMountInfo(text);
}

const Mount* FindMount(const std::vector<Mount>& mounts, std::string_view target) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    if (mount.target == target) found = &mount;
  }
  return found;
}

const Mount* MountOf(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    if (!IsAtOrBelow(path, mount.target)) continue;
    // Equal length: a later mount hides an earlier one at the same place.
    if (found == nullptr || mount.target.size() >= found->target.size()) found = &mount;
  }
  return found;
}

}  // namespace bf::facts
