// SPDX-License-Identifier: Apache-2.0
#include "boot/linux/linux_selector.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/host/file.h"
#include "provision/data/linux_device.h"

namespace bf::boot {
namespace {

using provision::data::BlockDevice;

// Enough for every autoboot.txt that the firmware would read, and some to say how long it is.
constexpr std::size_t kReadLimit = 64 << 10;

class Partition final : public Volume {
 public:
  Partition(std::string root, const facts::Disk& disk, const facts::Partition& partition)
      : root_(std::move(root)), partition_(partition), sector_size_(disk.sector_size) {}

  std::uint64_t Size() const override { return partition_.size; }
  std::uint32_t SectorSize() const override { return sector_size_; }

  Status Read(std::uint64_t offset, std::span<std::byte> data) const override {
    if (!reader_) {
      BF_ASSIGN(BlockDevice device, BlockDevice::Open(root_, partition_.device, partition_.number,
                                                      BlockDevice::Mode::kReadDirect));
      reader_ = std::make_unique<BlockDevice>(std::move(device));
    }
    return reader_->Read(offset, data);
  }

  Status Write(std::uint64_t offset, std::span<const std::byte> data) override {
    BF_ASSIGN(const BlockDevice device,
              BlockDevice::Open(root_, partition_.device, partition_.number,
                                BlockDevice::Mode::kWriteDirect));
    return device.Write(offset, data);
  }

 private:
  std::string root_;
  facts::Partition partition_;
  std::uint32_t sector_size_;
  mutable std::unique_ptr<BlockDevice> reader_;
};

class Image final : public Volume {
 public:
  Image(std::string path, std::uint64_t offset, std::uint64_t size, std::uint32_t sector_size)
      : path_(std::move(path)), offset_(offset), size_(size), sector_size_(sector_size) {}

  std::uint64_t Size() const override { return size_; }
  std::uint32_t SectorSize() const override { return sector_size_; }

  Status Read(std::uint64_t offset, std::span<std::byte> data) const override {
    BF_TRY(CheckRange(offset, data.size()));
    BF_ASSIGN(const host::UniqueFd fd, host::Open(path_, O_RDONLY));
    return host::ReadAt(fd.get(), offset_ + offset, data, path_);
  }

  Status Write(std::uint64_t offset, std::span<const std::byte> data) override {
    BF_TRY(CheckRange(offset, data.size()));
    BF_ASSIGN(const host::UniqueFd fd, host::Open(path_, O_WRONLY));
    BF_TRY(host::WriteAt(fd.get(), offset_ + offset, data, path_));
    return host::Sync(fd.get(), path_);
  }

 private:
  Status CheckRange(std::uint64_t offset, std::uint64_t size) const {
    if (offset <= size_ && size <= size_ - offset) return {};
    return Fail("{}: bytes {}+{} lie beyond the partition", path_, offset, size);
  }

  std::string path_;
  std::uint64_t offset_;
  std::uint64_t size_;
  std::uint32_t sector_size_;
};

disk::ReadDisk ReaderOf(const Volume& volume) {
  return [&volume](std::uint64_t offset, std::span<std::byte> data) {
    return volume.Read(offset, data);
  };
}

// Where the sector is that may be written, in bytes of the volume.
Result<std::uint64_t> Locate(const Volume& volume, const disk::FatReader& fat,
                             const disk::FatEntry& entry) {
  if (entry.directory) return Fail("it is a directory");
  if (entry.size != disk::kAutobootSize) {
    return Fail("it is {} bytes long, not {}", entry.size, disk::kAutobootSize);
  }
  BF_ASSIGN(const std::vector<disk::FatExtent> extents, fat.Extents(entry));
  const disk::FatGeometry& geometry = fat.geometry();
  if (extents.size() != 1 || extents[0].size != disk::kAutobootSize ||
      extents[0].offset != geometry.ClusterOffset(entry.first_cluster)) {
    return Fail("it is not in one piece at the start of one cluster");
  }
  const std::uint64_t sector = volume.SectorSize();
  // On a disk of 4 KiB sectors the rest of the sector is written as well: it must be the file's.
  if (extents[0].offset % sector != 0 || geometry.cluster_size < sector) {
    return Fail("it shares a sector of the disk with something else");
  }
  return extents[0].offset;
}

bool IsDirty(const Volume& volume, const disk::FatGeometry& geometry) {
  std::array<std::byte, 1> flags{};
  const std::uint64_t at = geometry.bits == 32 ? 65 : 37;
  return volume.Read(at, flags).has_value() && (flags[0] & std::byte{1}) != std::byte{0};
}

}  // namespace

std::unique_ptr<Volume> PartitionVolume(std::string root, const facts::Disk& disk,
                                        const facts::Partition& partition) {
  return std::make_unique<Partition>(std::move(root), disk, partition);
}

std::unique_ptr<Volume> ImageVolume(std::string path, std::uint64_t offset, std::uint64_t size,
                                    std::uint32_t sector_size) {
  return std::make_unique<Image>(std::move(path), offset, size, sector_size);
}

SelectorFacts ObserveSelector(const Volume& volume) {
  SelectorFacts facts;
  const auto fat = disk::FatReader::Open(ReaderOf(volume), volume.Size());
  if (!fat) {
    facts.problem = fat.error().ToString();
    return facts;
  }
  if (IsDirty(volume, fat->geometry())) {
    facts.notes.emplace_back(
        "the selector's FAT is marked as in use: something mounted it read-write");
  }
  const auto entry = fat->Find(disk::kAutobootName);
  if (!entry) {
    facts.problem = entry.error().ToString();
    return facts;
  }
  const auto text = fat->ReadFile(disk::kAutobootName, kReadLimit);
  if (!text) {
    facts.problem = text.error().ToString();
    return facts;
  }
  facts.autoboot = disk::ParseAutoboot(*text);
  const auto sector = Locate(volume, *fat, *entry);
  facts.writable = sector.has_value();
  if (!sector) facts.problem = sector.error().ToString();
  return facts;
}

Status WriteSelector(Volume& volume, int committed, int trial) {
  const auto doing = [&](Error error) {
    return Failure(std::move(error).Context("change autoboot.txt"));
  };
  auto fat = disk::FatReader::Open(ReaderOf(volume), volume.Size());
  if (!fat) return doing(std::move(fat).error());
  const auto entry = fat->Find(disk::kAutobootName);
  if (!entry) return doing(entry.error());
  auto at = Locate(volume, *fat, *entry);
  if (!at) return doing(std::move(at).error());

  const std::string text = disk::MakeAutoboot(committed, trial);
  const auto wanted = host::AsBytes(text);
  std::vector<std::byte> sector(std::max<std::size_t>(volume.SectorSize(), wanted.size()));
  if (auto read = volume.Read(*at, sector); !read) return doing(std::move(read).error());
  const auto head = std::span(sector).first(wanted.size());
  if (std::equal(head.begin(), head.end(), wanted.begin())) return {};
  std::copy(wanted.begin(), wanted.end(), sector.begin());
  if (auto written = volume.Write(*at, sector); !written) return doing(std::move(written).error());

  std::vector<std::byte> back(sector.size());
  if (auto read = volume.Read(*at, back); !read) return doing(std::move(read).error());
  if (back != sector) return Fail("change autoboot.txt: the disk does not hold what was written");
  return {};
}

}  // namespace bf::boot
