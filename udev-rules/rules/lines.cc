// SPDX-License-Identifier: Apache-2.0
#include "udev-rules/rules/lines.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace bf::udev_rules {

void JoinedLine::Append(std::string_view text, int line, int column) {
  parts_.push_back({text_.size(), line, column});
  text_ += text;
}

SourceRef JoinedLine::At(std::size_t offset) const {
  const auto after =
      std::upper_bound(parts_.begin(), parts_.end(), offset,
                       [](std::size_t wanted, const Part& part) { return wanted < part.offset; });
  const Part& part = *(after - 1);
  return {*file_, part.line, part.column + static_cast<int>(offset - part.offset)};
}

std::vector<JoinedLine> JoinLines(std::string_view text, const std::string& file,
                                  policy::Diagnostics& diagnostics) {
  std::vector<JoinedLine> lines;
  std::optional<JoinedLine> open;
  bool too_long = false;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (raw.size() >= kMaxLine) {
      diagnostics.Add({file, number, 1}, "the line is too long; udev reads no further");
      return lines;
    }
    std::size_t indent = 0;
    while (indent < raw.size() && IsBlank(raw[indent])) ++indent;
    raw.remove_prefix(indent);
    const int column = static_cast<int>(indent) + 1;
    if (raw.find('\0') != std::string_view::npos) {
      diagnostics.Add({file, number, column}, "a line with a NUL in it");
      too_long = false;
      open.reset();
      continue;
    }
    // A comment inside of a continued line is no end of it.
    if (raw.starts_with('#')) continue;
    if (!open) open.emplace(&file);
    if (open->text().size() + raw.size() >= kMaxLine) {
      if (!too_long)
        diagnostics.Add({file, number, column}, "the line is too long; udev ignores it");
      too_long = true;
    }
    const bool continued = raw.ends_with('\\');
    if (!too_long) open->Append(raw, number, column);
    if (continued) {
      if (!too_long) open->DropLast();
      continue;
    }
    auto whole = std::exchange(open, std::nullopt);
    if (!too_long && !whole->text().empty()) lines.push_back(*std::move(whole));
    too_long = false;
  }
  if (open) {
    diagnostics.Add({file, number, 1}, "the file ends inside a continued line; udev ignores it");
  }
  return lines;
}

}  // namespace bf::udev_rules
