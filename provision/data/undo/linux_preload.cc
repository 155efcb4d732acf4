// SPDX-License-Identifier: Apache-2.0
// Loaded into e2fsck with LD_PRELOAD: logs what is about to be overwritten on one device, then lets
// the write pass. A write whose past cannot be logged fails, so the log is complete at any moment,
// whatever then happens to the process.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <span>

#include "core/disk/crc.h"
#include "provision/data/undo/log.h"

namespace {

using namespace bf::provision::data::undo;

using PwriteFunction = ssize_t (*)(int, const void*, size_t, off64_t);
using WriteFunction = ssize_t (*)(int, const void*, size_t);
using IoctlFunction = int (*)(int, unsigned long, ...);
using FallocateFunction = int (*)(int, int, off64_t, off64_t);

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

class UndoLog {
 public:
  UndoLog() {
    const char* path = std::getenv(kLogVariable);
    const char* device = std::getenv(kDeviceVariable);
    const char* limit = std::getenv(kLimitVariable);
    if (path == nullptr) return;
    // Told to log, and it cannot: nothing of this process may reach the device.
    if (device == nullptr || ::stat(device, &device_) != 0) Refuse();
    limit_ = limit == nullptr ? 0 : std::strtoull(limit, nullptr, 10);
    const int fd = ::open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0) Refuse();
    size_ = static_cast<std::uint64_t>(std::max<off64_t>(0, ::lseek64(fd, 0, SEEK_END)));
    ::close(fd);
    log_ = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat log {};
    // The header also tells the caller that this library is in the process at all.
    if (log_ < 0 || ::fstat(log_, &log) != 0) Refuse();
    if (log.st_size == 0) {
      Header header{};
      std::memcpy(header.magic, kMagic, sizeof kMagic);
      header.device_size = size_;
      if (!Append(&header, sizeof header)) Refuse();
    }
  }

  bool IsDevice(int fd) const {
    struct stat st {};
    if (log_ < 0 || fd == log_ || ::fstat(fd, &st) != 0) return false;
    if (S_ISBLK(device_.st_mode)) return S_ISBLK(st.st_mode) && st.st_rdev == device_.st_rdev;
    return st.st_dev == device_.st_dev && st.st_ino == device_.st_ino;
  }

  // False with errno set: the write must not happen.
  bool Save(int fd, off64_t offset, size_t size) {
    if (size == 0 || !IsDevice(fd)) return true;
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto begin = static_cast<std::uint64_t>(offset) / kGranule;
    const auto end = (static_cast<std::uint64_t>(offset) + size + kGranule - 1) / kGranule;
    for (std::uint64_t granule = begin; granule < end; ++granule) {
      if (saved_.count(granule) != 0) continue;
      if (!SaveGranule(granule * kGranule)) return false;
      saved_.insert(granule);
    }
    return true;
  }

 private:
  // 8 is e2fsck's "operational error".
  [[noreturn]] static void Refuse() { ::_exit(8); }

  // With EIO, whatever it was: e2fsck takes that for a write that failed.
  bool SaveGranule(std::uint64_t offset) {
    if (!broken_ && LogGranule(offset)) return true;
    broken_ = true;  // half a record may be there: nothing can be put behind it
    errno = EIO;
    return false;
  }
  bool LogGranule(std::uint64_t offset) {
    if (offset >= size_) return true;
    // Aligned, for a device that is open for direct I/O.
    alignas(kGranule) static std::byte data[kGranule];
    const auto size = static_cast<size_t>(std::min<std::uint64_t>(kGranule, size_ - offset));
    // Unset is EFAULT. NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker)
    const int fd = ::open(std::getenv(kDeviceVariable), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t got = ::pread64(fd, data, size, static_cast<off64_t>(offset));
    ::close(fd);
    if (got != static_cast<ssize_t>(size)) return false;
    Record record{};
    record.offset = offset;
    record.size = static_cast<std::uint32_t>(size);
    record.crc = bf::disk::Crc32(std::span<const std::byte>(data, size));
    if (written_ + sizeof record + size > limit_) return false;
    written_ += sizeof record + size;
    return Append(&record, sizeof record) && Append(data, size);
  }

  bool Append(const void* bytes, size_t size) const {
    static const auto next = Next<WriteFunction>("write");
    return next(log_, bytes, size) == static_cast<ssize_t>(size);
  }

  int log_ = -1;
  struct stat device_ {};
  std::uint64_t size_ = 0;
  std::uint64_t limit_ = 0;
  std::uint64_t written_ = 0;
  bool broken_ = false;
  std::set<std::uint64_t> saved_;
  std::mutex mutex_;
};

UndoLog& TheLog() {
  static UndoLog log;
  return log;
}

// At load, not at the first write: the header has to be there in any case.
[[gnu::constructor]] void Load() { TheLog(); }

}  // namespace

#define BF_EXPORT extern "C" [[gnu::visibility("default")]]

BF_EXPORT ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  static const auto next = Next<PwriteFunction>("pwrite64");
  return TheLog().Save(fd, offset, size) ? next(fd, data, size, offset) : -1;
}

BF_EXPORT ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  return pwrite64(fd, data, size, offset);
}

BF_EXPORT ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = Next<WriteFunction>("write");
  if (!TheLog().IsDevice(fd)) return next(fd, data, size);
  const off64_t offset = ::lseek64(fd, 0, SEEK_CUR);
  return offset >= 0 && TheLog().Save(fd, offset, size) ? next(fd, data, size) : -1;
}

// What changes the device in other ways is said not to be supported; libext2fs then writes.
BF_EXPORT int ioctl(int fd, unsigned long request, ...) {
  static const auto next = Next<IoctlFunction>("ioctl");
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  if ((request == BLKDISCARD || request == BLKZEROOUT || request == BLKSECDISCARD) &&
      TheLog().IsDevice(fd)) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return next(fd, request, argument);
}

BF_EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
  static const auto next = Next<FallocateFunction>("fallocate64");
  if (TheLog().IsDevice(fd)) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return next(fd, mode, offset, size);
}
