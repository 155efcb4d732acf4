// SPDX-License-Identifier: Apache-2.0
#include "boot/hook/linux_device.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "boot/hook/boot_files.h"
#include "core/host/file.h"

namespace bf::boot::hook {
namespace {

constexpr std::uint64_t kSysfsSector = 512;

Result<std::uint64_t> Number(const std::string& path) {
  BF_ASSIGN(const std::string text, host::ReadLine(path));
  std::uint64_t number = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return Fail("{}: \"{}\"", path, text);
  return number;
}

Result<std::string> RealPath(const std::string& path) {
  std::string real(PATH_MAX, '\0');
  if (::realpath(path.c_str(), real.data()) == nullptr) return FailErrno(errno, "{}", path);
  real.resize(std::strlen(real.c_str()));
  return real;
}

// What the medium has: nothing of it may come from what was just written.
Status DropCache(int fd, const std::string& name) {
  if (::ioctl(fd, BLKFLSBUF, 0) != 0) return FailErrno(errno, "drop the cache of {}", name);
  return {};
}

}  // namespace

Result<Found> FindDevice(const std::string& path) {
  Found found;
  BF_ASSIGN(found.device.path, RealPath(path));
  struct stat info {};
  if (::stat(found.device.path.c_str(), &info) != 0) {
    return FailErrno(errno, "{}", found.device.path);
  }
  if (!S_ISBLK(info.st_mode)) {
    return FailKind(ErrorKind::kRefused, "{} is no block device", found.device.path);
  }
  BF_ASSIGN(
      const std::string sysfs,
      RealPath(fmt::format("/sys/dev/block/{}:{}", major(info.st_rdev), minor(info.st_rdev))));
  auto index = Number(sysfs + "/partition");
  if (!index) return Failure(std::move(index).error().Context(found.device.path));
  found.device.index = static_cast<int>(*index);
  BF_ASSIGN(const std::uint64_t start, Number(sysfs + "/start"));
  BF_ASSIGN(const std::uint64_t size, Number(sysfs + "/size"));
  found.device.start = start * kSysfsSector;
  found.device.size = size * kSysfsSector;
  const std::string disk = sysfs.substr(0, sysfs.rfind('/'));
  BF_ASSIGN(const std::uint64_t sector, Number(disk + "/queue/logical_block_size"));
  BF_ASSIGN(const std::uint64_t sectors, Number(disk + "/size"));
  found.device.sector_size = static_cast<std::uint32_t>(sector);
  const std::string node = "/dev" + disk.substr(disk.rfind('/'));
  BF_ASSIGN(const host::UniqueFd fd, host::Open(node, O_RDONLY));
  const auto state = disk::InspectGpt(
      [&](std::uint64_t offset, std::span<std::byte> data) {
        return host::ReadAt(fd.get(), offset, data, node);
      },
      sectors * kSysfsSector, found.device.sector_size);
  if (state.Best() == nullptr) return Fail("{}: {}", node, state.primary_problem);
  found.table = *state.Best();
  return found;
}

Status WriteBoot(const Target& target, const std::string& image) {
  const std::string& name = target.device.path;
  BF_ASSIGN(const BootFiles files, OpenBootFiles(target, image));
  // O_EXCL on a block device: refused while anybody has it mounted.
  BF_ASSIGN(const host::UniqueFd fd, host::Open(name, O_RDWR | O_EXCL));
  const disk::WriteDisk write = [&](std::uint64_t offset, std::span<const std::byte> data) {
    return host::WriteAt(fd.get(), offset, data, name);
  };
  BF_TRY_DOING(files.Write(write), "{}", name);
  BF_TRY(host::Sync(fd.get(), name));
  BF_TRY(DropCache(fd.get(), name));
  const disk::ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> data) {
    return host::ReadAt(fd.get(), offset, data, name);
  };
  BF_TRY_DOING(files.Verify(read), "read back {}", name);
  return {};
}

}  // namespace bf::boot::hook
