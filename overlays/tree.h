// SPDX-License-Identifier: Apache-2.0
// What lies in a directory, as values: of the image, or of an upper directory over it. Contents
// are hashes, so that a whole tree can be written down beside an upper directory and compared
// with what the next OS brings.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "core/error/error.h"

namespace bf::overlays {

enum class NodeType : char {
  kFile = 'f',
  kDirectory = 'd',
  kSymlink = 'l',
  kFifo = 'p',
  kSocket = 's',
  kCharDevice = 'c',
  kBlockDevice = 'b',
  kWhiteout = 'w',  // only in an upper directory: "there is nothing of this name"
};

struct Node {
  NodeType type = NodeType::kDirectory;
  unsigned mode = 0755;  // permission bits
  unsigned uid = 0;
  unsigned gid = 0;
  std::string content;  // SHA-256 of a file, target of a symlink, "major:minor" of a device
  std::string xattrs;   // SHA-256 over names and values, overlayfs' own left out; "" for none
  bool opaque = false;  // only in an upper directory: nothing of the image shows through

  bool operator==(const Node&) const = default;
  bool is_directory() const { return type == NodeType::kDirectory; }
};

struct Entry {
  Node node;
  std::map<std::string, Entry, std::less<>> children;

  bool operator==(const Entry&) const = default;
  const Entry* Child(std::string_view name) const;
};

// Beyond these a tree is not one of settings; scanning it would take the boot with it.
inline constexpr std::size_t kMaxEntries = 50'000;
inline constexpr int kMaxDepth = 64;

// "a/b" from "a" and "b"; the top is "".
std::string Join(std::string_view directory, std::string_view name);
// The entry at a relative path, or nullptr.
const Entry* FindEntry(const Entry& top, std::string_view path);
std::size_t CountEntries(const Entry& top);

// One line per entry, parents before children, names escaped, ending in "end\n" so that a cut
// off one is noticed.
std::string ToManifest(const Entry& top);
Result<Entry> ParseManifest(std::string_view text);

// A name for messages: what could steer a terminal or break a line is written \ooo.
std::string Printable(std::string_view name);

// For people: "file", "directory", …
std::string_view ToString(NodeType type);

}  // namespace bf::overlays
