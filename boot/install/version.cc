// SPDX-License-Identifier: Apache-2.0
#include "boot/install/version.h"

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

// "[epoch:]upstream[-revision]", as dpkg splits it.
struct Parts {
  std::string_view epoch = "0";
  std::string_view upstream;
  std::string_view revision = "0";
};
Parts Split(std::string_view version) {
  Parts parts;
  if (const auto colon = version.find(':'); colon != std::string_view::npos) {
    parts.epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  if (const auto hyphen = version.rfind('-'); hyphen != std::string_view::npos) {
    parts.revision = version.substr(hyphen + 1);
    version = version.substr(0, hyphen);
  }
  parts.upstream = version;
  return parts;
}

std::strong_ordering ComparePart(std::string_view a, std::string_view b) {
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

}  // namespace

std::strong_ordering CompareVersions(std::string_view a, std::string_view b) {
  const Parts left = Split(a);
  const Parts right = Split(b);
  if (const auto order = ComparePart(left.epoch, right.epoch); order != 0) return order;
  if (const auto order = ComparePart(left.upstream, right.upstream); order != 0) return order;
  return ComparePart(left.revision, right.revision);
}

Status CheckVersion(const std::optional<std::string>& running,
                    const std::optional<std::string>& bundle, bool allow_downgrade) {
  if (!bundle) return FailKind(ErrorKind::kRefused, "the bundle does not say which version it is");
  if (allow_downgrade) return {};
  if (!running) {
    return FailKind(
        ErrorKind::kRefused,
        "which version runs is not known (IMAGE_VERSION in /usr/lib/os-release), and the "
        "bundle, {}, may be older (update.toml, [install] downgrade)",
        *bundle);
  }
  if (CompareVersions(*bundle, *running) >= 0) return {};
  return FailKind(ErrorKind::kRefused,
                  "the bundle is {}, which is older than {}, which runs (update.toml, [install] "
                  "downgrade)",
                  *bundle, *running);
}

}  // namespace bf::boot::install
