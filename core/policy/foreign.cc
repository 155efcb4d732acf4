// SPDX-License-Identifier: Apache-2.0
#include "core/policy/foreign.h"

#include <algorithm>

namespace bf::policy {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The length of the string that `text` starts with, its quotes included. One that does not end is
// all there is, or the rest of its line: toml++ goes no further.
std::size_t StringLength(std::string_view text) {
  const char quote = text.front();
  const std::string three(3, quote);
  const bool many = text.starts_with(three);
  std::size_t at = many ? 3 : 1;
  for (; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (many && text.substr(at).starts_with(three)) {
      // Up to two quotes may stand before those that end it.
      at += 3;
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    } else if (!many && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    }
  }
  return text.size();
}

std::size_t Skipped(std::string_view text) {
  if (text.front() == '"' || text.front() == '\'') return StringLength(text);
  if (text.front() == '#') return std::min(text.find('\n'), text.size());
  return 1;
}

// Lines end at '\n'; a character is a column, however many bytes it has.
SourceRef PlaceOf(std::string_view before, const std::string& file) {
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n') + 1;  // 0 in the first line
  const auto column =
      std::count_if(before.begin() + static_cast<std::ptrdiff_t>(start), before.end(),
                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  return {file, static_cast<int>(line), static_cast<int>(column) + 1};
}

}  // namespace

std::optional<Foreign> FindForeign(std::string_view text, const std::string& file) {
  if (text.starts_with(kByteOrderMark))
    return Foreign{{file, 1, 1}, "a byte order mark: save the file without it"};
  if (const auto at = text.find('\r'); at != text.npos)
    return Foreign{PlaceOf(text.substr(0, at), file),
                   "a carriage return: lines of a policy end with a line feed alone"};
  for (std::size_t at = 0; at < text.size(); at += Skipped(text.substr(at))) {
    if ((static_cast<unsigned char>(text[at]) & 0x80U) != 0)
      return Foreign{PlaceOf(text.substr(0, at), file),
                     "only in strings and comments may characters not be ASCII"};
  }
  return std::nullopt;
}

}  // namespace bf::policy
