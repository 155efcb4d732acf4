// SPDX-License-Identifier: Apache-2.0
#include "provision/image/linux_host.h"

#include <fcntl.h>

#include "core/disk/ext4.h"
#include "core/disk/fat_names.h"
#include "core/disk/gpt.h"
#include "core/host/file.h"
#include "provision/image/boot_source.h"
#include "provision/image/ext4_builder.h"
#include "provision/image/linux_table.h"

namespace bf::provision::image {
namespace {

Result<std::vector<disk::FatSource>> SourcesOf(const WriteFat& action) {
  std::vector<disk::FatSource> sources;
  for (const TextFile& text : action.texts) {
    sources.push_back(disk::FatSource::OfText(text.path, text.text));
  }
  if (action.source.empty()) return sources;
  BF_ASSIGN(std::vector<disk::FatSource> boot, OpenBoot(action.source));
  for (disk::FatSource& file : boot) {
    const bool replaced = std::any_of(
        action.texts.begin(), action.texts.end(),
        [&](const TextFile& text) { return disk::EqualIgnoringCase(text.path, file.path); });
    if (!replaced) sources.push_back(std::move(file));
  }
  return sources;
}

// FAT labels have eleven characters and no lower case.
std::string LabelOf(const std::string& partition) {
  std::string label = partition.substr(0, 11);
  std::transform(label.begin(), label.end(), label.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return label;
}

}  // namespace

LinuxImageHost::LinuxImageHost(LinuxHostOptions options)
    : options_(std::move(options)), progress_(options_.cancelled, options_.show) {}

Status LinuxImageHost::Create(std::uint64_t size) {
  BF_ASSIGN(Output output, Output::Create(options_.out, size, options_.replace));
  output_.emplace(std::move(output));
  return {};
}

Status LinuxImageHost::Write(const WriteTable& action) {
  return WritePartitionTable(output_->temp_path(), action);
}

Status LinuxImageHost::Write(const WriteFat& action) {
  disk::FatOptions options;
  options.size = action.extent.size;
  options.sector_size = action.sector_size;
  options.hidden_sectors = action.extent.offset / action.sector_size;
  options.serial = action.serial;
  options.label = LabelOf(action.partition);
  options.time = action.time;
  BF_ASSIGN(std::vector<disk::FatSource> sources, SourcesOf(action));
  auto builder = disk::FatBuilder::Plan(options, std::move(sources));
  if (!builder) return Failure(std::move(builder).error().Context(action.partition));
  progress_.AddTotal(builder->UsedBytes());
  auto written =
      builder->Write([&](std::uint64_t offset, std::span<const std::byte> data) -> Status {
        BF_TRY(progress_.Add(data.size()));
        return output_->Write(action.extent.offset + offset, data);
      });
  if (!written) return Failure(std::move(written).error().Context(action.partition));
  return {};
}

Status LinuxImageHost::Write(const WriteRoot& action) {
  return action.kind == RootKind::kExt4 ? CopyRoot(action) : BuildRoot(action);
}

Status LinuxImageHost::CopyRoot(const WriteRoot& action) {
  BF_ASSIGN(const host::UniqueFd fd, host::Open(action.source, O_RDONLY));
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  std::vector<std::uint64_t> offsets;
  for (const Extent& extent : action.extents) offsets.push_back(extent.offset);
  BF_ASSIGN(const std::uint64_t bytes, DataBytes(fd.get(), 0, action.source_size));
  progress_.AddTotal(bytes * offsets.size());
  return output_->Copy(fd.get(), action.source, 0, action.source_size, offsets, progress_);
}

Status LinuxImageHost::BuildRoot(const WriteRoot& action) {
  const Extent& first = action.extents.front();
  Ext4Options options;
  options.path = output_->temp_path();
  options.offset = first.offset;
  options.size = first.size;
  options.uuid = action.uuid;
  options.hash_seed = action.hash_seed;
  options.time = action.time;
  auto builder = Ext4Builder::Create(
      options, [&](std::uint64_t offset, std::span<const std::byte> data) -> Status {
        BF_TRY(progress_.Add(data.size()));
        return output_->Write(offset, data);
      });
  if (!builder) return Failure(std::move(builder).error().Context(action.partitions.front()));
  const TreeVisitor add = [&](const TreeEntry& entry, const FileContent& content) -> Status {
    progress_.AddTotal(entry.size);
    BF_TRY(progress_.Add(0));
    return builder->Add(entry, content);
  };
  BF_TRY(action.kind == RootKind::kTar ? WalkArchive(action.source, add)
                                       : WalkDirectoryTree(action.source, add));
  BF_TRY(builder->Finish());
  // The other slot gets the same bytes, which are at hand now.
  std::vector<std::uint64_t> others;
  for (std::size_t i = 1; i < action.extents.size(); ++i) {
    others.push_back(action.extents[i].offset);
  }
  if (others.empty()) return {};
  BF_ASSIGN(const std::uint64_t bytes, DataBytes(output_->fd(), first.offset, first.size));
  progress_.AddTotal(bytes * others.size());
  return output_->Copy(output_->fd(), output_->path(), first.offset, first.size, others, progress_);
}

Status LinuxImageHost::Write(const LeaveUnformatted& action) {
  // Every signature at the start that libblkid knows lies within this.
  constexpr std::uint64_t kStart = 128 << 10;
  constexpr std::uint64_t kBlock = 4096;
  BF_TRY(output_->WriteZeros(action.extent.offset, std::min(kStart, action.extent.size)));
  for (const std::uint64_t place : disk::Ext4BackupPlaces(action.extent.size)) {
    const std::uint64_t at = place / kBlock * kBlock;
    BF_TRY(
        output_->WriteZeros(action.extent.offset + at, std::min(kBlock, action.extent.size - at)));
  }
  return {};
}

Status LinuxImageHost::Verify(const WriteTable& table) {
  const disk::ReadDisk read = [&](std::uint64_t offset, std::span<std::byte> data) {
    return host::ReadAt(output_->fd(), offset, data, output_->path());
  };
  const disk::GptState state = disk::InspectGpt(read, table.disk_size, table.sector_size);
  if (!state.primary || !state.backup) {
    return FailKind(ErrorKind::kInternal, "the partition table written is not valid: {}{}",
                    state.primary_problem, state.backup_problem);
  }
  for (const TablePartition& wanted : table.partitions) {
    for (const disk::GptTable* copy : {&*state.primary, &*state.backup}) {
      const disk::GptEntry* found = copy->Find(wanted.index);
      if (found == nullptr || found->name != wanted.name || found->type != wanted.type ||
          found->id != wanted.id || found->first_lba * table.sector_size != wanted.extent.offset ||
          (found->last_lba + 1 - found->first_lba) * table.sector_size != wanted.extent.size) {
        return FailKind(ErrorKind::kInternal, "partition {} is not where it was planned",
                        wanted.name);
      }
    }
  }
  return {};
}

Result<std::uint64_t> LinuxImageHost::Commit() {
  BF_TRY(output_->Commit(options_.sync));
  return output_->AllocatedBytes();
}

}  // namespace bf::provision::image
