// SPDX-License-Identifier: Apache-2.0
#include "boot/hook/boot_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/disk/fat_names.h"
#include "provision/image/boot_source.h"
#include "provision/image/cmdline.h"

namespace bf::boot::hook {
namespace {

using provision::image::kCmdlineName;

constexpr std::size_t kMaxCommonWords = 1536;  // COMMAND_LINE_SIZE is 2048

// The common words, one line of plain ASCII that does not already name a root.
Result<std::string> CommonWordsOf(const disk::FatSource& file, const std::string& image) {
  if (file.size > kMaxCommonWords) return Fail("{}: {} is too long", image, kCmdlineName);
  std::string text(file.size, '\0');
  BF_TRY(file.copy([&](std::uint64_t offset, std::span<const std::byte> data) -> Status {
    if (offset > text.size() || data.size() > text.size() - offset) return Fail("{} grew", image);
    std::transform(data.begin(), data.end(), text.begin() + static_cast<std::ptrdiff_t>(offset),
                   [](std::byte b) { return static_cast<char>(b); });
    return {};
  }));
  while (text.ends_with('\n')) text.pop_back();
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
  if (text.empty() || !plain) return Fail("{}: {} is not one line of text", image, kCmdlineName);
  for (const char* own : {"root=", "rauc.slot="}) {
    if ((" " + text).find(fmt::format(" {}", own)) != std::string::npos) {
      return Fail("{}: {} has a {} of its own", image, kCmdlineName, own);
    }
  }
  return text;
}

}  // namespace

Status BootFiles::Write(const disk::WriteDisk& write) const {
  // Reserved sectors, tables and, on FAT12/16, the root directory. Old bytes in free clusters and
  // behind the ends of files belong to nobody.
  const std::vector<std::byte> zeros(1 << 16);
  const std::uint64_t head = builder_.geometry().data_offset;
  for (std::uint64_t at = 0; at < head; at += zeros.size()) {
    const auto size = std::min<std::uint64_t>(zeros.size(), head - at);
    BF_TRY(write(at, std::span(zeros).first(static_cast<std::size_t>(size))));
  }
  return builder_.Write(write);
}

Status BootFiles::Verify(const disk::ReadDisk& read) const {
  BF_ASSIGN(const disk::FatReader reader, disk::FatReader::Open(read, size_));
  BF_ASSIGN(const std::vector<disk::FatFile> found, reader.Walk());
  if (found.size() < sources_.size()) return Fail("there are files missing");
  std::vector<std::byte> there;
  for (const disk::FatSource& source : sources_) {
    if (source.directory) continue;
    BF_ASSIGN(const disk::FatEntry entry, reader.Find(source.path));
    if (entry.size != source.size) return Fail("{} has another size", source.path);
    if (source.size == 0) continue;
    BF_ASSIGN(const auto extents, reader.Extents(entry));
    if (extents.size() != 1) return Fail("{} is in pieces", source.path);
    const std::uint64_t start = extents.front().offset;
    const auto compare = [&](std::uint64_t offset, std::span<const std::byte> data) -> Status {
      there.resize(data.size());
      BF_TRY(read(start + offset, there));
      if (std::equal(data.begin(), data.end(), there.begin())) return {};
      return Fail("{} differs at byte {}", source.path, offset);
    };
    auto same = source.copy(compare);
    if (!same) return same;
  }
  return {};
}

Result<BootFiles> OpenBootFiles(const Target& target, const std::string& image) {
  struct stat info {};
  if (::stat(image.c_str(), &info) != 0) return FailErrno(errno, "{}", image);
  BF_ASSIGN(std::vector<disk::FatSource> sources, provision::image::OpenBoot(image));
  const auto is_cmdline = [](const disk::FatSource& source) {
    return !source.directory && disk::EqualIgnoringCase(source.path, kCmdlineName);
  };
  const auto cmdline = std::find_if(sources.begin(), sources.end(), is_cmdline);
  if (cmdline == sources.end()) return Fail("{} has no {}", image, kCmdlineName);
  BF_ASSIGN(const std::string common, CommonWordsOf(*cmdline, image));
  *cmdline = disk::FatSource::OfText(
      std::string(kCmdlineName),
      provision::image::MakeCmdline(common, target.slot, target.root_partition));

  disk::FatOptions options;
  options.size = target.device.size;
  options.sector_size = target.device.sector_size;
  options.hidden_sectors = target.device.start / target.device.sector_size;
  // A serial only has to tell one volume from another.
  options.serial =
      static_cast<std::uint32_t>(info.st_mtime) ^ static_cast<std::uint32_t>(target.device.index);
  options.label = target.label;
  options.time = info.st_mtime;
  auto builder = disk::FatBuilder::Plan(options, sources);
  if (!builder) return Failure(std::move(builder).error().Context(target.device.path));
  return BootFiles(std::move(*builder), std::move(sources), target.device.size);
}

}  // namespace bf::boot::hook
