// SPDX-License-Identifier: Apache-2.0
// Text for a page that holds names which devices and programs chose themselves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bf::audit {

// Safe inside an element and inside a quoted attribute, whatever bytes it had: markup is escaped,
// control characters and bytes that are no UTF-8 are shown as \xNN, and so is what turns the
// direction of text round.
std::string Escape(std::string_view text);

// <table> with a head; every cell is escaped.
class HtmlTable {
 public:
  explicit HtmlTable(std::vector<std::string> head);
  void Row(const std::vector<std::string>& cells, std::string_view css_class = "");
  std::string Take() &&;

 private:
  std::vector<std::string> head_;
  std::string text_;
};

}  // namespace bf::audit
