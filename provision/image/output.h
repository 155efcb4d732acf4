// SPDX-License-Identifier: Apache-2.0
// The file being made: sparse, under a temporary name beside its final one until it is whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/error/error.h"
#include "core/host/fd.h"

namespace bf::provision::image {

// Counts bytes and says when to stop. Shared by everything that takes long.
class Progress {
 public:
  // `show(done, total)` is called now and then.
  using Show = std::function<void(std::uint64_t done, std::uint64_t total)>;
  Progress(const std::atomic<bool>* cancelled, Show show)
      : cancelled_(cancelled), show_(std::move(show)) {}

  void AddTotal(std::uint64_t bytes) { total_ += bytes; }
  // An error once the user wants to stop.
  Status Add(std::uint64_t bytes);

 private:
  const std::atomic<bool>* cancelled_;
  Show show_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

class Output {
 public:
  // Fails with kRefused if `path` exists and `replace` is not set.
  static Result<Output> Create(const std::string& path, std::uint64_t size, bool replace);
  Output(Output&&) noexcept;
  Output& operator=(Output&&) = delete;
  // Removes what was not committed.
  ~Output();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }            // the final one
  const std::string& temp_path() const { return temp_path_; }  // where it is now
  std::uint64_t size() const { return size_; }

  // Blocks of zeros are left as holes. Only for places never written before.
  Status Write(std::uint64_t offset, std::span<const std::byte> data);
  // Zeros that are data, where Write leaves a hole.
  Status WriteZeros(std::uint64_t offset, std::uint64_t size);
  // The same bytes to each of `offsets`, read once: `size` bytes of `source` from `from` on.
  // Holes of the source are holes here.
  Status Copy(int source, const std::string& source_name, std::uint64_t from, std::uint64_t size,
              std::span<const std::uint64_t> offsets, Progress& progress);

  // Gives it its name. `sync`: after everything is on the disk.
  Status Commit(bool sync);
  std::uint64_t AllocatedBytes() const;

 private:
  Output() = default;
  Status PutAt(std::uint64_t offset, std::span<const std::byte> data);
  Status WriteRuns(std::span<const std::uint64_t> offsets, std::span<const std::byte> data);

  host::UniqueFd fd_;
  std::string path_;
  std::string temp_path_;
  std::uint64_t size_ = 0;
  bool replace_ = false;
};

// Bytes of [from, from+size) of `fd` that are no holes.
Result<std::uint64_t> DataBytes(int fd, std::uint64_t from, std::uint64_t size);
// Calls `visit` with each extent that may hold data, in order.
Status ForEachData(int fd, const std::string& name, std::uint64_t from, std::uint64_t size,
                   const std::function<Status(std::uint64_t offset, std::uint64_t size)>& visit);

}  // namespace bf::provision::image
