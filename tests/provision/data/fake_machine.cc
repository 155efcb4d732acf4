// SPDX-License-Identifier: Apache-2.0
#include "tests/provision/data/fake_machine.h"

#include <cstring>

#include "core/disk/bytes.h"
#include "core/host/file.h"
#include "provision/data/judge.h"
#include "provision/data/policy.h"

namespace bf::provision::data {
namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kGroupBytes = 32768 * kBlock;
// Blocks of the file system that stand for what is in it.
constexpr std::uint64_t kSkeletonAt = 8 * kBlock;
constexpr std::uint64_t kUserAt = 9 * kBlock;
constexpr std::uint64_t kFarUserAt = 32 * FakeMachine::kMiB;
constexpr std::string_view kSkeletonMark = "skeleton";
constexpr std::string_view kUserMark = "somebody's data";

std::vector<std::byte> BlockOf(std::string_view text) {
  std::vector<std::byte> block(kBlock);
  std::memcpy(block.data(), text.data(), text.size());
  return block;
}

}  // namespace

void FakeMachine::Read(std::uint64_t offset, std::span<std::byte> data) const {
  std::fill(data.begin(), data.end(), std::byte{0});
  for (std::size_t done = 0; done < data.size();) {
    const std::uint64_t at = offset + done;
    const std::size_t inside = at % kBlock;
    const std::size_t part = std::min<std::size_t>(kBlock - inside, data.size() - done);
    if (const auto found = blocks_.find(at / kBlock); found != blocks_.end()) {
      std::memcpy(data.data() + done, found->second.data() + inside, part);
    }
    done += part;
  }
}

void FakeMachine::Put(std::uint64_t offset, std::span<const std::byte> data) {
  for (std::size_t done = 0; done < data.size();) {
    const std::uint64_t at = offset + done;
    const std::size_t inside = at % kBlock;
    const std::size_t part = std::min<std::size_t>(kBlock - inside, data.size() - done);
    auto& block = blocks_[at / kBlock];
    block.resize(kBlock);
    std::memcpy(block.data() + inside, data.data() + done, part);
    done += part;
  }
}

void FakeMachine::Write(std::uint64_t offset, std::span<const std::byte> data) {
  if (budget_ == 0) {
    const auto torn =
        journaled_ ? 0 : std::min(data.size(), static_cast<std::size_t>(torn_sectors_) * sector_);
    Put(offset, data.first(torn));
    budget_ = -1;
    throw PowerCut();
  }
  if (budget_ > 0) --budget_;
  ++writes_;
  Put(offset, data);
}

void FakeMachine::Zero(std::uint64_t offset, std::uint64_t size) {
  Write(offset, std::vector<std::byte>(static_cast<std::size_t>(size)));
}

disk::ReadDisk FakeMachine::Reader(std::uint64_t base) const {
  return [this, base](std::uint64_t offset, std::span<std::byte> data) -> Status {
    if (base + offset + data.size() > size_) return FailErrno(EIO, "beyond the end");
    Read(base + offset, data);
    return {};
  };
}

disk::GptState FakeMachine::Table() const { return disk::InspectGpt(Reader(), size_, sector_); }

void FakeMachine::LayOut(std::uint64_t image_size, std::uint64_t data_size, std::string_view type) {
  disk::GptTable table;
  table.sector_size = sector_;
  table.disk_id = disk::Guid::Literal("11111111-2222-4333-8444-555555555555");
  table.my_lba = 1;
  table.entries_lba = 2;
  table.first_usable_lba = sector_ == 512 ? 34 : 6;
  const auto entry = [&](int index, const char* name, std::string_view kind, std::uint64_t at,
                         std::uint64_t size) {
    table.entries.push_back({index, disk::Guid::Literal(kind), disk::Guid::Random(), at / sector_,
                             (at + size) / sector_ - 1, 0, name});
  };
  entry(1, "BF_ROOT_A", disk::kTypeLinuxData, kMiB, 8 * kMiB);
  entry(2, "BF_DATA", type, kDataAt, data_size);
  const auto writes = disk::SerialiseGpt(disk::RelocateGpt(table, image_size), image_size,
                                         std::vector<std::byte>(sector_));
  ASSERT_TRUE(writes) << writes.error().ToString();
  for (const auto& write : *writes) Put(write.offset, write.data);
}

void FakeMachine::WriteSuper(std::uint64_t fs_size, const std::string& label,
                             std::uint64_t super_at, unsigned group) {
  std::vector<std::byte> block(kBlock);
  Read(kDataAt + super_at / kBlock * kBlock, block);
  const auto super = std::span(block).subspan(super_at % kBlock, disk::kExt4SuperSize);
  std::fill(super.begin(), super.end(), std::byte{0});
  disk::PutLe<std::uint32_t>(super, 0x04, static_cast<std::uint32_t>(fs_size / kBlock));
  disk::PutLe<std::uint32_t>(super, 0x18, 2);
  disk::PutLe<std::uint32_t>(super, 0x20, 32768);
  disk::PutLe<std::uint16_t>(super, 0x38, 0xef53);
  disk::PutLe<std::uint16_t>(super, 0x3a, 1);
  disk::PutLe<std::uint16_t>(super, 0x5a, static_cast<std::uint16_t>(group));
  disk::PutLe<std::uint32_t>(super, 0x64, 0x1 | 0x100 | 0x400 | 0x2000);
  ASSERT_TRUE(disk::RelabelExt4Super(super, label));
  Write(kDataAt + super_at / kBlock * kBlock, block);
}

void FakeMachine::PutFilesystem(std::uint64_t fs_size, const std::string& label, bool user_data) {
  for (const unsigned group : {1U, 3U}) {
    if (group * kGroupBytes < fs_size) WriteSuper(fs_size, label, group * kGroupBytes, group);
  }
  WriteSuper(fs_size, label, disk::kExt4SuperOffset, 0);
  Put(kDataAt + kSkeletonAt, BlockOf(kSkeletonMark));
  if (user_data) {
    Put(kDataAt + kUserAt, BlockOf(kUserMark));
    if (fs_size > kFarUserAt) Put(kDataAt + kFarUserAt, BlockOf(kUserMark));
    has_far_data_ = fs_size > kFarUserAt;
  }
  writes_ = 0;
}

bool FakeMachine::HasUserData() const {
  std::vector<std::byte> block(kBlock);
  Read(kDataAt + kUserAt, block);
  if (block != BlockOf(kUserMark)) return false;
  // Just behind where the old table of the stories ends.
  Read(kDataAt + kFarUserAt, block);
  return !has_far_data_ || block == BlockOf(kUserMark);
}

bool FakeMachine::HasSkeleton() const {
  std::vector<std::byte> block(kBlock);
  Read(kDataAt + kSkeletonAt, block);
  return block == BlockOf(kSkeletonMark);
}

std::optional<disk::Ext4Super> FakeMachine::Super(std::uint64_t offset) const {
  std::array<std::byte, disk::kExt4SuperSize> bytes;
  Read(kDataAt + offset, bytes);
  return disk::ParseExt4Super(bytes);
}

void FakeMachine::Boot() {
  budget_ = -1;
  journaled_ = false;
  mount_.reset();
  disk_ = {};
  disk_.device = "vda";
  disk_.number = {254, 0};
  disk_.size = size_;
  disk_.sector_size = sector_;
  const auto state = Table();
  // With the word gpt, Linux believes the backup at the last LBA.
  boots_ = state.Best() != nullptr;
  if (!boots_) return;
  for (const auto& entry : state.Best()->entries) {
    const auto index = static_cast<unsigned>(entry.index);
    disk_.partitions.push_back({fmt::format("vda{}", index),
                                {254, index},
                                entry.index,
                                entry.name,
                                entry.first_lba * sector_,
                                (entry.last_lba - entry.first_lba + 1) * sector_,
                                false});
  }
}

DataFacts FakeMachine::Observe() {
  DataFacts facts;
  facts.gpt_word = true;
  facts.disk = disk_;
  auto state = Table();
  facts.primary = std::move(state.primary);
  facts.primary_problem = std::move(state.primary_problem);
  facts.backup = std::move(state.backup);
  facts.backup_problem = std::move(state.backup_problem);
  facts.mount = mount_;
  if (facts.Table() == nullptr) return facts;
  const Target target = FindTarget(facts);
  if (target.partition == nullptr) return facts;
  Source source;
  source.read = Reader(kDataAt);
  source.size = target.partition->size;
  source.may_grow_to =
      (GrowthLimit(*facts.Table(), *target.entry, size_) + 1 - target.entry->first_lba) * sector_;
  source.probe = [this]() -> Probe {
    // What libblkid sees of an ext4, and of any other first block that is not blank.
    if (const auto super = Super()) return {Probed::kFound, "ext4 \"" + super->label + "\""};
    return {Probed::kNothing, ""};
  };
  facts.content = Examine(source);
  return facts;
}

Status FakeMachine::Do(const WriteTable& step) {
  std::vector<std::byte> first(sector_);
  Read(0, first);
  BF_ASSIGN(const auto writes, disk::SerialiseGpt(step.table, step.disk_size, first));
  for (const auto& write : writes) Write(write.offset, write.data);
  return {};
}

Status FakeMachine::Do(const ResizePartition& step) {
  for (auto& partition : disk_.partitions) {
    if (partition.index == step.index) partition.size = step.size;
  }
  return {};
}

Status FakeMachine::Do(const WipeFree& step) {
  for (const Range& range : step.ranges) Zero(range.offset, range.size);
  return {};
}

Status FakeMachine::Do(const WipePartition& step) {
  for (const Range& range : step.ranges) Zero(kDataAt + range.offset, range.size);
  return {};
}

// In mke2fs' order: everything, and the primary superblock last.
Status FakeMachine::Do(const MakeFilesystem& step) {
  ++formats_;
  Write(kDataAt + kUserAt, std::vector<std::byte>(kBlock));
  for (const unsigned group : {1U, 3U}) {
    if (group * kGroupBytes < step.size) {
      WriteSuper(step.size, std::string(kLabelNew), group * kGroupBytes, group);
    }
  }
  Write(kDataAt + kSkeletonAt, std::vector<std::byte>(kBlock));
  WriteSuper(step.size, std::string(kLabelNew), disk::kExt4SuperOffset, 0);
  return {};
}

Status FakeMachine::Do(const Populate&) {
  Write(kDataAt + kSkeletonAt, BlockOf(kSkeletonMark));
  return {};
}

Status FakeMachine::Relabel(std::uint64_t offset) {
  std::vector<std::byte> block(kBlock);
  Read(kDataAt + offset / kBlock * kBlock, block);
  const auto super = std::span(block).subspan(offset % kBlock, disk::kExt4SuperSize);
  const auto parsed = disk::ParseExt4Super(super);
  if (parsed && parsed->label == kLabel && parsed->Trusted()) return {};
  BF_TRY(disk::RelabelExt4Super(super, std::string(kLabel)));
  Write(kDataAt + offset / kBlock * kBlock, block);
  return {};
}

Status FakeMachine::Do(const SetLabel&) {
  BF_TRY(Relabel(disk::kExt4SuperOffset));
  for (const std::uint64_t offset : disk::Ext4BackupOffsets(*Super())) BF_TRY(Relabel(offset));
  return {};
}

Status FakeMachine::Do(const FinishSuperblock&) { return Relabel(disk::kExt4SuperOffset); }

Status FakeMachine::Do(const MountData& step) {
  if (!HasSkeleton()) return FailErrno(EUCLEAN, "mount");
  if (const auto super = Super(); !super || !super->Trusted()) return FailErrno(EUCLEAN, "mount");
  // The kernel notes each mount in the superblock: times, count, and that it was not unmounted.
  std::vector<std::byte> block(kBlock);
  Read(kDataAt, block);
  const auto super = std::span(block).subspan(disk::kExt4SuperOffset, disk::kExt4SuperSize);
  ++mounts_;
  disk::PutLe<std::uint32_t>(super, 0x2c, 1'700'000'000 + mounts_ * 100'000);
  disk::PutLe<std::uint16_t>(super, 0x34, static_cast<std::uint16_t>(mounts_));
  disk::PutLe<std::uint32_t>(super, 0x60, 0x4);
  BF_TRY(disk::RelabelExt4Super(super, std::string(kLabel)));
  Write(kDataAt, block);
  mount_ = MountPoint{"ext4",
                      {254, 2},
                      "/dev/" + step.device,
                      {"rw", "nosuid", "nodev", "noexec", "noatime"},
                      {"rw", "errors=remount-ro", "prjquota"}};
  return {};
}

Status FakeMachine::Do(const GrowFilesystem& step) {
  const std::string label(kLabel);
  journaled_ = true;
  for (const unsigned group : {1U, 3U}) {
    if (group * kGroupBytes < step.to) WriteSuper(step.to, label, group * kGroupBytes, group);
  }
  WriteSuper(step.to, label, disk::kExt4SuperOffset, 0);
  journaled_ = false;
  return {};
}

Status FakeMachine::Do(const MountDegraded&) {
  mount_ = MountPoint{"tmpfs", {0, 40}, std::string(kDegradedSource), {"rw"}, {"rw"}};
  return {};
}

Status FakeMachine::Do(const CheckFilesystem&) { return Fail("there is no e2fsck here"); }
Status FakeMachine::Do(const UndoRepairs&) { return {}; }
Status FakeMachine::Do(const FixMountFlags&) { return {}; }
Status FakeMachine::Do(const FixSkeleton&) { return {}; }
Status FakeMachine::Do(const SaveUndo&) { return {}; }

}  // namespace bf::provision::data
