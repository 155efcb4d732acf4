// SPDX-License-Identifier: Apache-2.0
#include "provision/data/undo/linux_restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/disk/crc.h"
#include "core/host/file.h"
#include "provision/data/linux_device.h"
#include "provision/data/undo/log.h"

namespace bf::provision::data::undo {
namespace {

using OnRecord = std::function<Status(const Record&, std::span<const std::byte>)>;

std::span<std::byte> BytesOf(auto& value) { return std::as_writable_bytes(std::span(&value, 1)); }

// A record cut off at the end belongs to a write that never happened.
Status ForEach(const std::string& path, Header& header, const OnRecord& on_record) {
  BF_ASSIGN(const host::UniqueFd log, host::Open(path, O_RDONLY | O_NOFOLLOW));
  struct stat st {};
  if (::fstat(log.get(), &st) != 0) return FailErrno(errno, "stat {}", path);
  const auto end = static_cast<std::uint64_t>(st.st_size);
  if (end < sizeof header) return Fail("{} is not an undo log", path);
  BF_TRY(host::ReadAt(log.get(), 0, BytesOf(header), path));
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) {
    return Fail("{} is not an undo log", path);
  }
  std::array<std::byte, kGranule> data;
  for (std::uint64_t at = sizeof header; at + sizeof(Record) <= end;) {
    Record record{};
    BF_TRY(host::ReadAt(log.get(), at, BytesOf(record), path));
    at += sizeof record;
    if (record.size == 0 || record.size > kGranule || record.offset % kGranule != 0 ||
        record.offset > header.device_size || record.size > header.device_size - record.offset) {
      return Fail("{} is damaged at byte {}", path, at - sizeof record);
    }
    if (at + record.size > end) break;
    const auto bytes = std::span(data).first(record.size);
    BF_TRY(host::ReadAt(log.get(), at, bytes, path));
    at += record.size;
    if (disk::Crc32(bytes) != record.crc) {
      return Fail("{} is damaged before byte {}", path, at);
    }
    BF_TRY(on_record(record, bytes));
  }
  return {};
}

// Written in one go and made durable at the end: a granule at a time that would be minutes on a
// card, and nothing is gained, for the log does not outlive a power cut either.
Status PutBack(const std::string& log, int fd, const std::string& path) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  Header header{};
  BF_TRY(ForEach(log, header, [&](const Record& record, std::span<const std::byte> data) -> Status {
    if (static_cast<std::uint64_t>(size) != header.device_size) {
      return Fail("{} was made on a device of {} bytes, {} has {}", log, header.device_size, path,
                  size);
    }
    return host::WriteAt(fd, record.offset, data, path);
  }));
  return host::Sync(fd, path);
}

// A file that is mounted is the backing file of a loop device.
Status CheckNotLooped(const std::string& path, const struct stat& st) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block", error)) {
    const auto backing = host::ReadLine(entry.path().string() + "/loop/backing_file");
    struct stat other {};
    if (!backing || ::stat(backing->c_str(), &other) != 0) continue;
    if (other.st_dev == st.st_dev && other.st_ino == st.st_ino) {
      return Fail("{} is in use by {}: unmount it first, or use another copy", path,
                  "/dev/" + entry.path().filename().string());
    }
  }
  return {};
}

}  // namespace

std::string PreloadLibrary() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../libexec/betterframe", "."}) {
    const auto path = (self / place / "libbf-undo.so").lexically_normal();
    if (std::filesystem::exists(path, error)) return path.string();
  }
  return "/usr/libexec/betterframe/libbf-undo.so";
}

bool HasHeader(const std::string& log) {
  Header header{};
  return ForEach(log, header,
                 [](const Record&, std::span<const std::byte>) -> Status { return {}; })
      .has_value();
}

Result<std::uint64_t> CountRecords(const std::string& log) {
  Header header{};
  std::uint64_t count = 0;
  BF_TRY(ForEach(log, header, [&](const Record&, std::span<const std::byte>) -> Status {
    ++count;
    return {};
  }));
  return count;
}

Status Restore(const std::string& log, const std::string& root, const std::string& device) {
  // All of it is checked before the first byte is written.
  BF_ASSIGN(const std::uint64_t count, CountRecords(log));
  if (count == 0) return {};
  BF_ASSIGN(const BlockDevice target,
            BlockDevice::Open(root, device, std::nullopt, BlockDevice::Mode::kWriteBuffered));
  return PutBack(log, target.fd(), DevicePath(root, device));
}

Status RestoreOnto(const std::string& log, const std::string& path) {
  BF_TRY(CountRecords(log));
  // O_EXCL: refused by a block device that is mounted.
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return FailErrno(errno, "stat {}", path);
  if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
    return Fail("{} is neither a file nor a block device", path);
  }
  if (S_ISREG(st.st_mode)) BF_TRY(CheckNotLooped(path, st));
  BF_ASSIGN(const host::UniqueFd fd,
            host::Open(path, S_ISBLK(st.st_mode) ? O_RDWR | O_EXCL : O_RDWR));
  return PutBack(log, fd.get(), path);
}

}  // namespace bf::provision::data::undo
