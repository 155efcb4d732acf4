// SPDX-License-Identifier: Apache-2.0
#include "lockdown/units/unit_file.h"

namespace bf::lockdown::units {
namespace {

constexpr std::string_view kBlank = " \t\n\r";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// A line ends at "\n", "\r" or a zero byte, and "\r\n" is one end: else what stands behind a lone
// "\r" would be hidden in a line that is only ours.
std::string_view TakeLine(std::string_view& text) {
  using std::string_view_literals::operator""sv;
  const auto end = text.find_first_of("\n\r\0"sv);
  const auto line = text.substr(0, end);
  if (end == text.npos) {
    text = {};
    return line;
  }
  const bool both = text.substr(end).starts_with("\r\n") || text.substr(end).starts_with("\n\r");
  text.remove_prefix(end + (both ? 2 : 1));
  return line;
}

// The last character is a backslash that no other one escapes. What stands behind it counts, be it
// a blank.
bool GoesOn(std::string_view line) {
  bool escaped = false;
  for (const char c : line) escaped = !escaped && c == '\\';
  return escaped;
}

class Reader {
 public:
  std::vector<Setting> Read(std::string_view text) {
    std::string joined;
    bool joining = false;
    for (int number = 1; !text.empty(); ++number) {
      std::string_view line = TakeLine(text);
      // A comment between lines that are joined is left out, and does not end them.
      const auto begin = Trim(line);
      if (begin.starts_with('#') || begin.starts_with(';')) continue;
      if (!mark_seen_ && line.starts_with(kByteOrderMark)) {
        line.remove_prefix(kByteOrderMark.size());
        mark_seen_ = true;
      }
      if (!joining) first_ = number;
      joined += line;
      joining = GoesOn(joined);
      if (joining) {
        joined.back() = ' ';
        continue;
      }
      Take(joined);
      joined.clear();
    }
    if (joining) Take(joined);
    return std::move(settings_);
  }

 private:
  void Take(std::string_view line) {
    line = Trim(line);
    if (line.starts_with('[') && line.ends_with(']')) {
      section_ = line.substr(1, line.size() - 2);
      return;
    }
    const auto equals = line.find('=');
    if (equals == line.npos || equals == 0) return;
    settings_.push_back({section_, std::string(Trim(line.substr(0, equals))),
                         std::string(Trim(line.substr(equals + 1))), first_});
  }

  std::vector<Setting> settings_;
  std::string section_;
  int first_ = 0;
  bool mark_seen_ = false;
};

}  // namespace

std::vector<Setting> ReadSettings(std::string_view text) { return Reader().Read(text); }

}  // namespace bf::lockdown::units
