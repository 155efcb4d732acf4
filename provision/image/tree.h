// SPDX-License-Identifier: Apache-2.0
// A tree of files, wherever it comes from: what a root file system is filled with.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/error/error.h"

namespace bf::provision::image {

enum class EntryKind {
  kDirectory,
  kFile,
  kSymlink,
  kHardLink,
  kCharDevice,
  kBlockDevice,
  kFifo,
  kSocket
};

struct Region {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct TreeEntry {
  std::string path;  // without a leading slash; "" is the root
  EntryKind kind = EntryKind::kFile;
  std::uint32_t mode = 0;  // permission bits
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;
  std::string target;  // of a symlink; of a hard link, the path of the earlier entry
  unsigned device_major = 0;
  unsigned device_minor = 0;
  std::uint64_t size = 0;
  std::vector<Region> data;  // of a file; what is in none of them is a hole
  std::map<std::string, std::string> xattrs;
};

// Gives a file's bytes, at offsets from its start, in order.
using FileContent = std::function<Status(
    const std::function<Status(std::uint64_t offset, std::span<const std::byte> data)>&)>;
// Takes the entries, a directory before what it holds. `content` is for files only.
using TreeVisitor = std::function<Status(const TreeEntry& entry, const FileContent& content)>;

// Strips "./" and slashes at both ends; refuses "..", an empty part and a NUL.
Result<std::string> NormalisePath(std::string_view path);

// In the order of names. Does not cross into other file systems mounted there.
Status WalkDirectoryTree(const std::string& directory, const TreeVisitor& visit);
// In the order of the archive: tar in any dialect and compression that libarchive knows.
Status WalkArchive(const std::string& path, const TreeVisitor& visit);

}  // namespace bf::provision::image
