// SPDX-License-Identifier: Apache-2.0
#include "core/facts/block.h"

#include <charconv>
#include <filesystem>
#include <set>
#include <system_error>

#include "core/facts/mountinfo.h"
#include "core/host/file.h"

namespace bf::facts {
namespace {

namespace fs = std::filesystem;

// sysfs counts sizes and starts in units of 512 bytes, whatever the disk's own sectors are.
constexpr std::uint64_t kSysfsSector = 512;
// device mapper may be stacked (verity over crypt over linear); a loop here would be a lie.
constexpr int kMaxStack = 8;

template <class Number>
std::optional<Number> ReadNumber(const fs::path& path) {
  const auto text = host::ReadLine(path.string());
  if (!text) return std::nullopt;
  Number number{};
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::optional<DeviceNumber> ReadDeviceNumber(const fs::path& directory) {
  const auto text = host::ReadLine((directory / "dev").string());
  if (!text) return std::nullopt;
  DeviceNumber number;
  const char* end = text->data() + text->size();
  const auto major = std::from_chars(text->data(), end, number.major);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != ':') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, number.minor);
  if (minor.ec != std::errc() || minor.ptr != end) return std::nullopt;
  return number;
}

// PARTNAME= from the uevent file. The kernel prints the name as it is, up to the newline.
std::string ReadPartName(const fs::path& directory) {
  const auto text = host::ReadFile((directory / "uevent").string(), 64 << 10);
  if (!text) return {};
  constexpr std::string_view kKey = "PARTNAME=";
  std::size_t at = text->starts_with(kKey) ? 0 : text->find(fmt::format("\n{}", kKey));
  if (at == std::string::npos) return {};
  at = text->find('=', at) + 1;
  return text->substr(at, text->find('\n', at) - at);
}

bool ReadFlag(const fs::path& path) { return ReadNumber<int>(path).value_or(0) == 1; }

std::optional<Partition> ReadPartition(const fs::path& directory) {
  const auto index = ReadNumber<int>(directory / "partition");
  const auto number = ReadDeviceNumber(directory);
  const auto start = ReadNumber<std::uint64_t>(directory / "start");
  const auto size = ReadNumber<std::uint64_t>(directory / "size");
  if (!index || !number || !start || !size) return std::nullopt;
  Partition partition;
  partition.device = directory.filename().string();
  partition.number = *number;
  partition.index = *index;
  partition.name = ReadPartName(directory);
  partition.start = *start * kSysfsSector;
  partition.size = *size * kSysfsSector;
  partition.read_only = ReadFlag(directory / "ro");
  return partition;
}

std::optional<Disk> ReadDisk(const fs::path& directory) {
  const auto number = ReadDeviceNumber(directory);
  const auto size = ReadNumber<std::uint64_t>(directory / "size");
  if (!number || !size || *size == 0) return std::nullopt;
  Disk disk;
  disk.device = directory.filename().string();
  disk.number = *number;
  disk.size = *size * kSysfsSector;
  disk.sector_size =
      ReadNumber<std::uint32_t>(directory / "queue/logical_block_size").value_or(512);
  disk.read_only = ReadFlag(directory / "ro");
  disk.removable = ReadFlag(directory / "removable");
  for (const fs::path entry : host::Entries(directory)) {
    // A partition's directory is named after its disk; most entries need no look inside.
    if (!entry.filename().string().starts_with(disk.device)) continue;
    if (auto partition = ReadPartition(entry)) disk.partitions.push_back(std::move(*partition));
  }
  std::sort(disk.partitions.begin(), disk.partitions.end(),
            [](const Partition& a, const Partition& b) { return a.index < b.index; });
  return disk;
}

// The sysfs directory of a device number, with the symlink in /sys/dev/block resolved by hand so
// that a recorded tree below another root works.
Result<fs::path> DeviceDirectory(const std::string& root, DeviceNumber number) {
  const fs::path link = host::Under(root, "/sys/dev/block/" + number.ToString());
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  if (error) return FailErrno(error.value(), "read the link {}", link.string());
  return (link.parent_path() / target).lexically_normal();
}

// Follows device mapper down to the directory of a disk or partition.
Result<std::optional<fs::path>> PhysicalDirectory(const std::string& root, DeviceNumber number) {
  // Anonymous devices (tmpfs, overlay, nfs) have major 0 and no block device.
  if (number.major == 0) return std::optional<fs::path>();
  BF_ASSIGN(fs::path directory, DeviceDirectory(root, number));
  for (int depth = 0; depth < kMaxStack; ++depth) {
    const std::vector<std::string> slaves = host::Entries(directory / "slaves");
    if (slaves.empty()) return std::optional<fs::path>(directory);
    std::set<std::string> disks;
    fs::path next;
    for (const fs::path slave : slaves) {
      const auto below = ReadDeviceNumber(slave);
      if (!below) return Fail("{} names no device", slave.string());
      BF_ASSIGN(next, DeviceDirectory(root, *below));
      const bool partition = fs::exists(next / "partition");
      disks.insert((partition ? next.parent_path() : next).string());
    }
    if (disks.size() > 1) {
      return Fail("{} lies on {} disks, one was expected", directory.filename().string(),
                  disks.size());
    }
    directory = next;
  }
  return Fail("block device {} is stacked deeper than {} layers", number.ToString(), kMaxStack);
}

Result<std::optional<DeviceNumber>> RootDevice(const std::string& root) {
  BF_ASSIGN(const auto mounts, ReadMountInfo(root));
  const Mount* mount = FindMount(mounts, "/");
  if (mount == nullptr) return std::optional<DeviceNumber>();
  return std::optional(DeviceNumber{mount->major, mount->minor});
}

}  // namespace

std::string DeviceNumber::ToString() const { return fmt::format("{}:{}", major, minor); }

Result<std::vector<Disk>> ReadDisks(const std::string& root) {
  std::vector<Disk> disks;
  const fs::path block = host::Under(root, "/sys/block");
  std::error_code error;
  if (!fs::is_directory(block, error))
    return Fail("{} is not there: is /sys mounted?", block.string());
  for (const fs::path entry : host::Entries(block)) {
    if (auto disk = ReadDisk(entry)) disks.push_back(std::move(*disk));
  }
  return disks;
}

Result<std::optional<Disk>> ReadDiskOf(const std::string& root, DeviceNumber number) {
  BF_ASSIGN(const std::optional<fs::path> directory, PhysicalDirectory(root, number));
  if (!directory) return std::optional<Disk>();
  std::error_code error;
  const bool partition = fs::exists(*directory / "partition", error);
  const fs::path disk_directory = partition ? directory->parent_path() : *directory;
  auto disk = ReadDisk(disk_directory);
  if (!disk) return Fail("{} does not look like a disk", disk_directory.string());
  return disk;
}

Result<std::optional<Disk>> ReadRootDisk(const std::string& root) {
  BF_ASSIGN(const auto number, RootDevice(root));
  if (!number) return std::optional<Disk>();
  return ReadDiskOf(root, *number);
}

Result<std::optional<Partition>> ReadRootPartition(const std::string& root) {
  BF_ASSIGN(const auto number, RootDevice(root));
  if (!number) return std::optional<Partition>();
  BF_ASSIGN(const std::optional<fs::path> directory, PhysicalDirectory(root, *number));
  std::error_code error;
  if (!directory || !fs::exists(*directory / "partition", error)) return std::optional<Partition>();
  return ReadPartition(*directory);
}

}  // namespace bf::facts
