// SPDX-License-Identifier: Apache-2.0
#include "boot/install/version.h"

#include <algorithm>

namespace bf::boot::install {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Where a number stands, or nothing, a word has ended.
int Weight(char c) {
  if (c == '~') return -1;
  if (c == '\0' || IsDigit(c)) return 0;
  return IsLetter(c) ? c : c + 256;
}

char At(std::string_view text, std::size_t at) { return at < text.size() ? text[at] : '\0'; }

std::string_view TakeNumber(std::string_view text, std::size_t& at) {
  while (At(text, at) == '0') ++at;
  const std::size_t start = at;
  while (IsDigit(At(text, at))) ++at;
  return text.substr(start, at - start);
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

std::strong_ordering CompareVersions(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    while ((i < a.size() && !IsDigit(a[i])) || (j < b.size() && !IsDigit(b[j]))) {
      const int left = Weight(At(a, i));
      const int right = Weight(At(b, j));
      if (left != right) return left <=> right;
      // Equal weights are equal characters, or both words have ended.
      ++i;
      ++j;
    }
    const std::string_view left = TakeNumber(a, i);
    const std::string_view right = TakeNumber(b, j);
    // Without leading zeros the longer one is the greater; no number is too large.
    if (left.size() != right.size()) return left.size() <=> right.size();
    if (const int order = left.compare(right); order != 0) return order <=> 0;
  }
  return std::strong_ordering::equal;
}

std::optional<std::string> ManifestVersion(std::string_view manifest) {
  bool in_update = false;
  while (!manifest.empty()) {
    const std::size_t end = manifest.find('\n');
    const std::string_view line = Trimmed(manifest.substr(0, end));
    manifest.remove_prefix(end == std::string_view::npos ? manifest.size() : end + 1);
    if (line.starts_with('[')) {
      in_update = line == "[update]";
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_update || equals == std::string_view::npos) continue;
    if (Trimmed(line.substr(0, equals)) != "version") continue;
    const std::string_view value = Trimmed(line.substr(equals + 1));
    return value.empty() ? std::nullopt : std::optional<std::string>(value);
  }
  return std::nullopt;
}

Status CheckVersion(const std::optional<std::string>& running,
                    const std::optional<std::string>& bundle, bool allow_downgrade) {
  if (!bundle) return FailKind(ErrorKind::kRefused, "the bundle does not say which version it is");
  // A root without a version is a bench image; whatever comes is no older.
  if (!running || allow_downgrade || CompareVersions(*bundle, *running) >= 0) return {};
  return FailKind(ErrorKind::kRefused,
                  "the bundle is {}, which is older than {}, which runs (update.toml, [install] "
                  "downgrade)",
                  *bundle, *running);
}

}  // namespace bf::boot::install
