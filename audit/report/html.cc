// SPDX-License-Identifier: Apache-2.0
#include "audit/report/html.h"

#include <fmt/format.h>

#include <cstdint>

namespace bf::audit {
namespace {

// The length of the UTF-8 sequence at the start, and what it encodes; 0 where there is none.
struct Decoded {
  std::size_t length = 0;
  std::uint32_t code = 0;
};
Decoded Decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {1, first};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4 || text.size() < length) return {};
  std::uint32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte & 0x3fU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {length, code};
}

// Controls, and what is seen only by what it does to its neighbours.
bool IsHidden(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0x61c || code == 0xfeff;
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const Decoded one = Decode(text);
    const std::size_t length = one.length == 0 ? 1 : one.length;
    if (one.length == 0 || IsHidden(one.code)) {
      for (const char c : text.substr(0, length))
        safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else if (text.front() == '&') {
      safe += "&amp;";
    } else if (text.front() == '<') {
      safe += "&lt;";
    } else if (text.front() == '>') {
      safe += "&gt;";
    } else if (text.front() == '"') {
      safe += "&quot;";
    } else if (text.front() == '\'') {
      safe += "&#39;";
    } else {
      safe += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return safe;
}

HtmlTable::HtmlTable(std::vector<std::string> head) : head_(std::move(head)) {
  text_ = "<table>\n<thead><tr>";
  for (const std::string& cell : head_) text_ += fmt::format("<th>{}</th>", Escape(cell));
  text_ += "</tr></thead>\n<tbody>\n";
}

// A narrow screen shows each cell under the other, with its column's name in front.
void HtmlTable::Row(const std::vector<std::string>& cells, std::string_view css_class) {
  text_ += css_class.empty() ? "<tr>" : fmt::format("<tr class=\"{}\">", css_class);
  for (std::size_t i = 0; i < cells.size(); ++i)
    text_ += fmt::format("<td data-name=\"{}\">{}</td>", i < head_.size() ? Escape(head_[i]) : "",
                         Escape(cells[i]));
  text_ += "</tr>\n";
}

std::string HtmlTable::Take() && { return std::move(text_) + "</tbody>\n</table>\n"; }

}  // namespace bf::audit
