// SPDX-License-Identifier: Apache-2.0
#include "provision/data/linux_device.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "core/host/file.h"

namespace bf::provision::data {
namespace {

// What O_DIRECT may ask for at most on disks we run on.
constexpr std::uint64_t kAlign = 4096;

struct AlignedDelete {
  void operator()(std::byte* bytes) const { ::operator delete[](bytes, std::align_val_t(kAlign)); }
};
using AlignedBytes = std::unique_ptr<std::byte[], AlignedDelete>;

AlignedBytes Allocate(std::size_t size) {
  return AlignedBytes(static_cast<std::byte*>(::operator new[](size, std::align_val_t(kAlign))));
}

Status CheckNumber(int fd, const std::string& path, const std::string& number) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return FailErrno(errno, "stat {}", path);
  if (!S_ISBLK(st.st_mode) ||
      facts::DeviceNumber{major(st.st_rdev), minor(st.st_rdev)}.ToString() != number) {
    return Fail("{} is not block device {}", path, number);
  }
  return {};
}

}  // namespace

std::string DevicePath(const std::string& root, const std::string& device) {
  std::string path = "/dev/" + device;
  std::replace(path.begin(), path.end(), '!', '/');
  return host::Under(root, path);
}

Result<BlockDevice> BlockDevice::Open(const std::string& root, const std::string& device,
                                      std::optional<facts::DeviceNumber> number, Mode mode) {
  BlockDevice opened;
  opened.path_ = DevicePath(root, device);
  int flags = O_RDONLY;
  if (mode == Mode::kReadDirect) flags = O_RDONLY | O_DIRECT;
  if (mode == Mode::kWriteDirect) flags = O_RDWR | O_DIRECT | O_DSYNC;
  // O_EXCL on a block device: refused while it is mounted or otherwise held.
  if (mode == Mode::kWriteExclusive) flags = O_RDWR | O_DIRECT | O_DSYNC | O_EXCL;
  if (mode == Mode::kWriteBuffered) flags = O_RDWR | O_EXCL;
  auto fd = host::Open(opened.path_, flags);
  if (!fd && fd.error().sys_errno == EINVAL && (flags & O_DIRECT) != 0) {
    flags &= ~O_DIRECT;
    fd = host::Open(opened.path_, flags);
  }
  if (!fd) return Failure(std::move(fd).error());
  opened.fd_ = *std::move(fd);
  opened.direct_ = (flags & O_DIRECT) != 0;
  // A fixture tree has image files where a machine has device nodes.
  if (root == "/") {
    if (number) {
      BF_TRY(CheckNumber(opened.fd(), opened.path_, number->ToString()));
    } else if ((flags & O_ACCMODE) == O_RDWR) {
      BF_ASSIGN(const std::string known,
                host::ReadLine(fmt::format("/sys/class/block/{}/dev", device)));
      BF_TRY(CheckNumber(opened.fd(), opened.path_, known));
    }
  }
  if (mode == Mode::kWriteDirect) {
    // udev re-reads a disk that was written to, unless somebody holds this lock.
    (void)::flock(opened.fd(), LOCK_EX | LOCK_NB);
  }
  return opened;
}

Status BlockDevice::Read(std::uint64_t offset, std::span<std::byte> data) const {
  if (!direct_) return host::ReadAt(fd(), offset, data, path_);
  const std::uint64_t begin = offset / 512 * 512;
  // Up to whole blocks, unless the device ends before: 512 is the smallest sector there is, and a
  // device of 4 KiB sectors ends on one.
  std::uint64_t end = (offset + data.size() + kAlign - 1) / kAlign * kAlign;
  const std::uint64_t start = begin / kAlign * kAlign;
  const AlignedBytes buffer = Allocate(static_cast<std::size_t>(end - start));
  std::size_t have = 0;
  while (start + have < offset + data.size()) {
    const ssize_t got =
        ::pread(fd(), buffer.get() + have, static_cast<std::size_t>(end - start) - have,
                static_cast<off_t>(start + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(errno, "read {} at byte {}", path_, start + have);
    if (got == 0) return Fail("{} ends before byte {}", path_, offset + data.size());
    have += static_cast<std::size_t>(got);
  }
  std::memcpy(data.data(), buffer.get() + (offset - start), data.size());
  return {};
}

Status BlockDevice::Write(std::uint64_t offset, std::span<const std::byte> data) const {
  const AlignedBytes buffer = Allocate(data.size());
  std::memcpy(buffer.get(), data.data(), data.size());
  return host::WriteAt(fd(), offset, std::span(buffer.get(), data.size()), path_);
}

Status BlockDevice::Zero(std::uint64_t offset, std::uint64_t size) const {
  const std::vector<std::byte> zeros(
      static_cast<std::size_t>(std::min<std::uint64_t>(size, 1 << 20)));
  while (size > 0) {
    const auto part = std::min<std::uint64_t>(size, zeros.size());
    BF_TRY(Write(offset, std::span(zeros).first(static_cast<std::size_t>(part))));
    offset += part;
    size -= part;
  }
  return {};
}

}  // namespace bf::provision::data
