// SPDX-License-Identifier: Apache-2.0
#include "core/host/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace bf::host {

std::string Under(std::string_view root, std::string_view absolute_path) {
  while (root.ends_with('/')) root.remove_suffix(1);
  if (absolute_path == "/") return root.empty() ? "/" : std::string(root);
  return std::string(root) + std::string(absolute_path);
}

Result<UniqueFd> Open(const std::string& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return FailErrno(errno, "open {}", path);
  return UniqueFd(fd);
}

Result<std::string> ReadAll(int fd, const std::string& name, std::size_t limit) {
  std::string text;
  // st_size is 0 for procfs and a page for sysfs, so it is a hint and nothing more.
  struct stat st {};
  if (::fstat(fd, &st) == 0 && st.st_size > 0) {
    text.reserve(std::min(limit, static_cast<std::size_t>(st.st_size)) + 1);
  }
  // Not on the stack, and not cleared: then a short file touches one page of it, not four.
  constexpr std::size_t kChunk = 16384;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kChunk);
  while (true) {
    const ssize_t got = ::read(fd, buffer.get(), kChunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read {}", name);
    if (got == 0) return text;
    text.append(buffer.get(), static_cast<std::size_t>(got));
    if (text.size() > limit) return Fail("{} is longer than {} bytes", name, limit);
  }
}

Result<std::string> ReadFile(const std::string& path, std::size_t limit) {
  BF_ASSIGN(const UniqueFd fd, Open(path, O_RDONLY));
  return ReadAll(fd.get(), path, limit);
}

Result<std::string> ReadLine(const std::string& path) {
  BF_ASSIGN(std::string text, ReadFile(path, 64 << 10));
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Status ReadAt(int fd, std::uint64_t offset, std::span<std::byte> data, const std::string& name) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t got =
        ::pread(fd, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read {} at byte {}", name, offset + done);
    if (got == 0) {
      return Fail("{} ends at byte {}, {} were to be read from byte {}", name, offset + done,
                  data.size(), offset);
    }
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Status WriteAt(int fd, std::uint64_t offset, std::span<const std::byte> data,
               const std::string& name) {
  std::size_t done = 0;
  while (done < data.size()) {
    const ssize_t put =
        ::pwrite(fd, data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FailErrno(errno, "write {} at byte {}", name, offset + done);
    done += static_cast<std::size_t>(put);
  }
  return {};
}

Status WriteAll(int fd, std::string_view text, const std::string& name) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FailErrno(errno, "write {}", name);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status WriteAttribute(const std::string& path, std::string_view text) {
  BF_ASSIGN(const UniqueFd fd, Open(path, O_WRONLY));
  const ssize_t put = ::write(fd.get(), text.data(), text.size());
  if (put < 0) return FailErrno(errno, "write \"{}\" to {}", text, path);
  if (static_cast<std::size_t>(put) != text.size()) return Fail("short write to {}", path);
  return {};
}

std::vector<std::string> Entries(const std::string& directory) {
  std::vector<std::string> entries;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    entries.push_back(entry.path().string());
  std::sort(entries.begin(), entries.end());
  return entries;
}

Status Sync(int fd, const std::string& name) {
  if (::fsync(fd) != 0) return FailErrno(errno, "sync {}", name);
  return {};
}

Status SyncDirectory(const std::string& path) {
  BF_ASSIGN(const UniqueFd fd, Open(path, O_RDONLY | O_DIRECTORY));
  return Sync(fd.get(), path);
}

namespace {

Status WriteTemporary(int dir_fd, const std::string& temporary, std::string_view content,
                      unsigned mode, const std::string& shown) {
  // A temporary left by a cut would make O_EXCL fail for ever; O_NOFOLLOW and O_EXCL after the
  // unlink keep a planted symlink from being written through.
  ::unlinkat(dir_fd, temporary.c_str(), 0);
  UniqueFd fd(::openat(dir_fd, temporary.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return FailErrno(errno, "create {}.new", shown);
  BF_TRY(WriteAll(fd.get(), content, shown + ".new"));
  // fchmod because the mode given to openat is subject to the umask.
  if (::fchmod(fd.get(), mode) != 0) return FailErrno(errno, "set the mode of {}.new", shown);
  return Sync(fd.get(), shown + ".new");
}

}  // namespace

Status ReplaceFileAt(int dir_fd, const std::string& name, std::string_view content, unsigned mode,
                     const std::string& shown) {
  const std::string temporary = "." + name + ".new";
  if (auto written = WriteTemporary(dir_fd, temporary, content, mode, shown); !written) {
    ::unlinkat(dir_fd, temporary.c_str(), 0);
    return written;
  }
  if (::renameat(dir_fd, temporary.c_str(), dir_fd, name.c_str()) != 0) {
    const int code = errno;
    ::unlinkat(dir_fd, temporary.c_str(), 0);
    return FailErrno(code, "rename {}.new to {}", shown, shown);
  }
  return Sync(dir_fd, "the directory of " + shown);
}

Status ReplaceFile(const std::string& path, std::string_view content, unsigned mode) {
  const auto slash = path.rfind('/');
  const std::string dir = slash == std::string::npos ? "."
                          : slash == 0               ? "/"
                                                     : path.substr(0, slash);
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  BF_ASSIGN(const UniqueFd fd, Open(dir, O_RDONLY | O_DIRECTORY));
  return ReplaceFileAt(fd.get(), name, content, mode, path);
}

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace bf::host
