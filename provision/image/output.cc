// SPDX-License-Identifier: Apache-2.0
#include "provision/image/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/host/file.h"

namespace bf::provision::image {
namespace {

// What a file system allocates, and so what is worth leaving out.
constexpr std::uint64_t kBlock = 4096;
// Stays in the cache of the core between reading, looking for zeros and writing twice. Measured:
// with 512 KiB the same copy takes up to half as much CPU time again.
constexpr std::size_t kChunk = 128 << 10;

bool IsZero(std::span<const std::byte> block) {
  // Comparing the block with itself, shifted by eight bytes, is as fast as memcmp.
  if (block.size() < 8) {
    return std::all_of(block.begin(), block.end(), [](std::byte b) { return b == std::byte{0}; });
  }
  std::uint64_t first = 0;
  std::memcpy(&first, block.data(), sizeof first);
  return first == 0 && std::memcmp(block.data(), block.data() + 8, block.size() - 8) == 0;
}

Failure NoSpace(int code, const std::string& path) {
  if (code == ENOSPC || code == EDQUOT) {
    return FailErrno(code, "{}: there is no room for it there; nothing was left behind", path);
  }
  return FailErrno(code, "write {}", path);
}

}  // namespace

Status Progress::Add(std::uint64_t bytes) {
  done_ += bytes;
  if (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed)) {
    return Fail("interrupted; nothing was left behind");
  }
  if (show_) show_(done_, total_);
  return {};
}

Output::Output(Output&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::move(other.path_)),
      temp_path_(std::exchange(other.temp_path_, {})),
      size_(other.size_),
      replace_(other.replace_) {}

Output::~Output() {
  if (!temp_path_.empty()) ::unlink(temp_path_.c_str());
}

Result<Output> Output::Create(const std::string& path, std::uint64_t size, bool replace) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!replace) {
      return FailKind(ErrorKind::kRefused,
                      "{} is already there; remove it, or say --force to replace it", path);
    }
    if (!S_ISREG(there.st_mode)) {
      return FailKind(ErrorKind::kRefused, "{} is not a regular file and is not replaced", path);
    }
  }
  Output output;
  output.path_ = path;
  output.size_ = size;
  output.replace_ = replace;
  const auto slash = path.rfind('/');
  const std::string dir = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::string temp = fmt::format("{}.{}.XXXXXX", dir, name);
  output.fd_ = host::UniqueFd(::mkostemp(temp.data(), O_CLOEXEC));
  if (!output.fd_.valid()) return FailErrno(errno, "create a file beside {}", path);
  output.temp_path_ = temp;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(output.fd_.get(), 0666 & ~mask) != 0) return FailErrno(errno, "chmod {}", temp);
  if (::ftruncate(output.fd_.get(), static_cast<off_t>(size)) != 0) {
    return FailErrno(errno, "give {} a size of {} bytes", path, size);
  }
  return output;
}

Status Output::PutAt(std::uint64_t offset, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t put = ::pwrite(fd_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return NoSpace(put < 0 ? errno : ENOSPC, path_);
    offset += static_cast<std::uint64_t>(put);
    data = data.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Status Output::WriteRuns(std::span<const std::uint64_t> offsets, std::span<const std::byte> data) {
  std::size_t at = 0;
  // Runs of blocks that are not all zero. Blocks are counted in the file, not in `data`.
  const auto block_end = [&](std::size_t from) {
    const std::uint64_t in_file = offsets.front() + from;
    return std::min<std::size_t>(data.size(), from + (kBlock - in_file % kBlock));
  };
  while (at < data.size()) {
    std::size_t end = block_end(at);
    if (IsZero(data.subspan(at, end - at))) {
      at = end;
      continue;
    }
    while (end < data.size()) {
      const std::size_t next = block_end(end);
      if (IsZero(data.subspan(end, next - end))) break;
      end = next;
    }
    for (const std::uint64_t offset : offsets) {
      BF_TRY(PutAt(offset + at, data.subspan(at, end - at)));
    }
    at = end;
  }
  return {};
}

Status Output::Write(std::uint64_t offset, std::span<const std::byte> data) {
  return WriteRuns({&offset, 1}, data);
}

Status Output::WriteZeros(std::uint64_t offset, std::uint64_t size) {
  const std::vector<std::byte> zeros(static_cast<std::size_t>(size));
  return PutAt(offset, zeros);
}

Status ForEachData(int fd, const std::string& name, std::uint64_t from, std::uint64_t size,
                   const std::function<Status(std::uint64_t offset, std::uint64_t size)>& visit) {
  const std::uint64_t end = from + size;
  std::uint64_t at = from;
  while (at < end) {
    const off_t data = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) return {};  // nothing but a hole up to the end
    // A file system that cannot tell holes has data everywhere.
    if (data < 0 && errno == EINVAL) return visit(at, end - at);
    if (data < 0) return FailErrno(errno, "look for data in {}", name);
    if (static_cast<std::uint64_t>(data) >= end) return {};
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole < 0) return FailErrno(errno, "look for holes in {}", name);
    const std::uint64_t start = static_cast<std::uint64_t>(data);
    at = std::min(static_cast<std::uint64_t>(hole), end);
    BF_TRY(visit(start, at - start));
  }
  return {};
}

Result<std::uint64_t> DataBytes(int fd, std::uint64_t from, std::uint64_t size) {
  std::uint64_t total = 0;
  BF_TRY(ForEachData(fd, "the input", from, size, [&](std::uint64_t, std::uint64_t bytes) {
    total += bytes;
    return Status();
  }));
  return total;
}

Status Output::Copy(int source, const std::string& source_name, std::uint64_t from,
                    std::uint64_t size, std::span<const std::uint64_t> offsets,
                    Progress& progress) {
  std::vector<std::byte> buffer(kChunk);
  std::vector<std::uint64_t> targets(offsets.size());
  return ForEachData(
      source, source_name, from, size, [&](std::uint64_t start, std::uint64_t bytes) -> Status {
        for (std::uint64_t done = 0; done < bytes;) {
          const auto chunk = std::span(buffer).first(
              static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, bytes - done)));
          BF_TRY(host::ReadAt(source, start + done, chunk, source_name));
          for (std::size_t i = 0; i < offsets.size(); ++i) {
            targets[i] = offsets[i] + (start - from) + done;
          }
          BF_TRY(WriteRuns(targets, chunk));
          done += chunk.size();
          BF_TRY(progress.Add(chunk.size() * offsets.size()));
        }
        return {};
      });
}

Status Output::Commit(bool sync) {
  if (sync) BF_TRY(host::Sync(fd_.get(), path_));
  // Without RENAME_NOREPLACE a file that appeared meanwhile would be lost.
  const unsigned flags = replace_ ? 0u : static_cast<unsigned>(RENAME_NOREPLACE);
  int renamed = ::renameat2(AT_FDCWD, temp_path_.c_str(), AT_FDCWD, path_.c_str(), flags);
  if (renamed != 0 && errno == EINVAL) {  // a file system without that flag
    renamed = ::rename(temp_path_.c_str(), path_.c_str());
  }
  if (renamed != 0 && errno == EEXIST) {
    return FailKind(ErrorKind::kRefused, "{} appeared meanwhile and is not replaced", path_);
  }
  if (renamed != 0) return FailErrno(errno, "rename {} to {}", temp_path_, path_);
  temp_path_.clear();
  if (sync) {
    const auto slash = path_.rfind('/');
    BF_TRY(host::SyncDirectory(slash == std::string::npos ? "." : path_.substr(0, slash + 1)));
  }
  return {};
}

std::uint64_t Output::AllocatedBytes() const {
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.st_blocks) * 512;
}

}  // namespace bf::provision::image
