// SPDX-License-Identifier: Apache-2.0
#include "audit/report/html.h"

#include <fmt/format.h>

#include <cstdint>

#include "audit/model/visible.h"

namespace bf::audit {

std::string Escape(std::string_view text) {
  std::string safe;
  for (const char c : Visible(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
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
