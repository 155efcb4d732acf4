// SPDX-License-Identifier: Apache-2.0
#include "overlays/tree.h"

#include <charconv>
#include <vector>

namespace bf::overlays {
namespace {

constexpr std::string_view kHeader = "betterframe manifest 1";
constexpr std::string_view kEnd = "end";

// Spaces part the fields and newlines the lines; everything unusual is \ooo, as in mountinfo.
std::string Escape(std::string_view text) {
  if (text.empty()) return "-";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7f && c != '\\' && !(text == "-")) {
      result += c;
    } else {
      result += fmt::format("\\{:03o}", byte);
    }
  }
  return result;
}

std::optional<std::string> Unescape(std::string_view text) {
  if (text == "-") return std::string();
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (i + 3 >= text.size()) return std::nullopt;
    unsigned value = 0;
    const auto* first = text.data() + i + 1;
    const auto [end, code] = std::from_chars(first, first + 3, value, 8);
    if (code != std::errc() || end != first + 3 || value > 255) return std::nullopt;
    result += static_cast<char>(value);
    i += 3;
  }
  return result;
}

void Write(const Entry& entry, const std::string& path, std::string& text) {
  const Node& node = entry.node;
  text += fmt::format("{}{} {:04o} {} {} {} {} {}\n", static_cast<char>(node.type),
                      node.opaque ? "o" : "", node.mode, node.uid, node.gid, Escape(node.xattrs),
                      Escape(node.content), path.empty() ? "." : Escape(path));
  for (const auto& [name, child] : entry.children) Write(child, Join(path, name), text);
}

std::string_view Next(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

bool Number(std::string_view text, unsigned& number, int base) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return code == std::errc() && end == text.data() + text.size();
}

bool ParseNode(std::string_view& line, Node& node) {
  const std::string_view type = Next(line, ' ');
  if (type.empty() || std::string_view("fdlpscbw").find(type[0]) == std::string_view::npos)
    return false;
  node.type = static_cast<NodeType>(type[0]);
  node.opaque = type.substr(1) == "o";
  if (type.size() > 1 && !(node.opaque && node.is_directory())) return false;
  if (!Number(Next(line, ' '), node.mode, 8) || node.mode > 07777) return false;
  if (!Number(Next(line, ' '), node.uid, 10) || !Number(Next(line, ' '), node.gid, 10))
    return false;
  auto xattrs = Unescape(Next(line, ' '));
  auto content = Unescape(Next(line, ' '));
  if (!xattrs || !content) return false;
  node.xattrs = *std::move(xattrs);
  node.content = *std::move(content);
  return true;
}

// The place for `path` in the tree; its directory must have come before.
Entry* Place(Entry& top, std::string_view path) {
  Entry* current = &top;
  while (true) {
    if (!current->node.is_directory()) return nullptr;
    const bool last = path.find('/') == std::string_view::npos;
    const std::string name(Next(path, '/'));
    if (name.empty() || name == "." || name == "..") return nullptr;
    if (last) {
      const auto [it, added] = current->children.try_emplace(name);
      return added ? &it->second : nullptr;
    }
    const auto found = current->children.find(name);
    if (found == current->children.end()) return nullptr;
    current = &found->second;
  }
}

}  // namespace

const Entry* Entry::Child(std::string_view name) const {
  const auto found = children.find(name);
  return found == children.end() ? nullptr : &found->second;
}

std::string Join(std::string_view directory, std::string_view name) {
  return directory.empty() ? std::string(name) : fmt::format("{}/{}", directory, name);
}

const Entry* FindEntry(const Entry& top, std::string_view path) {
  const Entry* current = &top;
  while (!path.empty() && current != nullptr) current = current->Child(Next(path, '/'));
  return current;
}

std::size_t CountEntries(const Entry& top) {
  std::size_t count = 1;
  for (const auto& [name, child] : top.children) count += CountEntries(child);
  return count;
}

std::string ToManifest(const Entry& top) {
  std::string text = fmt::format("{}\n", kHeader);
  Write(top, "", text);
  text += kEnd;
  text += '\n';
  return text;
}

Result<Entry> ParseManifest(std::string_view text) {
  if (Next(text, '\n') != kHeader) return Fail("not a manifest");
  Entry top;
  bool have_top = false;
  std::size_t entries = 0;
  for (std::size_t number = 2; !text.empty(); ++number) {
    std::string_view line = Next(text, '\n');
    if (line == kEnd && text.empty() && have_top) return top;
    Node node;
    const std::string_view whole = line;
    if (!ParseNode(line, node)) return Fail("line {} is damaged: \"{}\"", number, whole);
    if (++entries > kMaxEntries) return Fail("more than {} entries", kMaxEntries);
    if (!have_top) {
      if (line != "." || !node.is_directory()) return Fail("line {}: no top directory", number);
      top.node = std::move(node);
      have_top = true;
      continue;
    }
    const auto path = Unescape(line);
    const bool deep = path && std::count(path->begin(), path->end(), '/') > kMaxDepth;
    Entry* place = path && !deep ? Place(top, *path) : nullptr;
    if (place == nullptr) return Fail("line {} has no place in the tree: \"{}\"", number, whole);
    place->node = std::move(node);
  }
  return Fail("the end is missing");
}

std::string Printable(std::string_view name) {
  std::string result;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    // 0x80 to 0x9f would be control characters to a terminal that is not in UTF-8.
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      result += c;
    } else {
      result += fmt::format("\\{:03o}", byte);
    }
  }
  return result;
}

std::string_view ToString(NodeType type) {
  switch (type) {
    case NodeType::kFile:
      return "file";
    case NodeType::kDirectory:
      return "directory";
    case NodeType::kSymlink:
      return "symlink";
    case NodeType::kFifo:
      return "FIFO";
    case NodeType::kSocket:
      return "socket";
    case NodeType::kCharDevice:
    case NodeType::kBlockDevice:
      return "device node";
    case NodeType::kWhiteout:
      return "deletion";
  }
  return "";
}

}  // namespace bf::overlays
