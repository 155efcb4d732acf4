// SPDX-License-Identifier: Apache-2.0
// A new ext4 file system inside a file, filled from a tree. Written in place: nothing is staged,
// file data goes straight to its blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/disk/guid.h"
#include "core/error/error.h"
#include "provision/image/tree.h"

namespace bf::provision::image {

struct Ext4Options {
  std::string path;  // the file that holds it
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  disk::Guid uuid;
  disk::Guid hash_seed;
  std::int64_t time = 0;  // of the file system; newer files are set back to it
};

class Ext4Builder {
 public:
  // Writes data to `offset` of the file.
  using WriteData = std::function<Status(std::uint64_t offset, std::span<const std::byte> data)>;

  // Makes the empty file system with mke2fs. Without a journal: it is never mounted writable.
  static Result<Ext4Builder> Create(const Ext4Options& options, WriteData write);
  Ext4Builder(Ext4Builder&&) noexcept;
  Ext4Builder& operator=(Ext4Builder&&) = delete;
  ~Ext4Builder();

  Status Add(const TreeEntry& entry, const FileContent& content);
  Status Finish();

 private:
  struct State;
  explicit Ext4Builder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bf::provision::image
