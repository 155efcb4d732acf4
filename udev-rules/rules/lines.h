// SPDX-License-Identifier: Apache-2.0
// The lines of a rules file: comments gone, continued ones joined, and each character of them still
// with its place in the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/policy/diagnostics.h"

namespace bf::udev_rules {

inline constexpr std::size_t kMaxLine = 16384;  // UDEV_LINE_SIZE

class JoinedLine {
 public:
  explicit JoinedLine(const std::string* file) : file_(file) {}
  void Append(std::string_view text, int line, int column);
  // Removes the backslash at the end.
  void DropLast() { text_.pop_back(); }
  const std::string& text() const { return text_; }
  SourceRef At(std::size_t offset) const;

 private:
  struct Part {
    std::size_t offset;
    int line;
    int column;
  };
  const std::string* file_;
  std::string text_;
  std::vector<Part> parts_;
};

// `file` must live as long as the lines.
std::vector<JoinedLine> JoinLines(std::string_view text, const std::string& file,
                                  policy::Diagnostics& diagnostics);

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace bf::udev_rules
