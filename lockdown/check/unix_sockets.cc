// SPDX-License-Identifier: Apache-2.0
#include "lockdown/check/unix_sockets.h"

#include <fmt/format.h>

#include <algorithm>

namespace bf::lockdown::check {
namespace {

constexpr std::string_view kHeading = "Num       RefCount Protocol Flags    Type St Inode Path";
constexpr std::string_view kListens = "00010000";  // __SO_ACCEPTCON
constexpr std::string_view kStream = "0001";

// "00000000a1b2c3d4: 00000002 00000000 00010000 0001 01 12345 /run/x": number, references,
// protocol, flags, type, state, inode, and a path that may have spaces, or none.
constexpr std::size_t kFields = 7;
constexpr std::size_t kFlags = 3;
constexpr std::size_t kType = 4;

struct Line {
  std::string_view field[kFields];
  std::string_view path;
};

bool Split(std::string_view text, Line& line) {
  for (auto& field : line.field) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    field = text.substr(0, text.find(' '));
    text.remove_prefix(field.size());
  }
  line.path = text.empty() ? text : text.substr(1);
  const auto all = [](std::string_view field, std::string_view of) {
    return !field.empty() && field.find_first_not_of(of) == field.npos;
  };
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  return line.field[0].ends_with(':') && all(line.field[kFlags], kHex) &&
         line.field[kFlags].size() == kListens.size() && all(line.field[kType], kHex) &&
         line.field[kType].size() == kStream.size() && all(line.field[kFields - 1], "0123456789");
}

}  // namespace

Seen<std::string> ListeningSockets(std::string_view table) {
  Seen<std::string> sockets;
  sockets.problem.clear();
  const auto next = [&table] {
    const auto end = std::min(table.find('\n'), table.size());
    const auto text = table.substr(0, end);
    table.remove_prefix(std::min(end + 1, table.size()));
    return text;
  };
  if (next() != kHeading) {
    sockets.problem = "it is not the table that it was";
    return sockets;
  }
  while (!table.empty()) {
    const auto text = next();
    Line line;
    if (!Split(text, line)) {
      sockets.problem = fmt::format("\"{}\" is no line of it", text);
      continue;
    }
    if (line.field[kFlags] != kListens || line.field[kType] != kStream || line.path.empty())
      continue;
    sockets.items.emplace_back(line.path);
  }
  return sockets;
}

bool IsWaylandName(std::string_view path) {
  const auto name = path.substr(path.find_last_of("/@") + 1);
  return name.starts_with("wayland-") || name.starts_with("gamescope-");
}

}  // namespace bf::lockdown::check
