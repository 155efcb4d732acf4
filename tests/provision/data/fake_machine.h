// SPDX-License-Identifier: Apache-2.0
// A disk in memory on which every write can be the last: the bytes are real ones, as far as the
// tool looks at them, and it looks with the same code as on a device.
#pragma once

#include <map>
#include <set>

#include "provision/data/content.h"
#include "provision/data/host.h"

namespace bf::provision::data {

struct PowerCut {};

class FakeMachine : public DataProbe, public DataHost {
 public:
  static constexpr std::uint64_t kMiB = 1 << 20;
  static constexpr std::uint64_t kDataAt = 16 * kMiB;

  explicit FakeMachine(std::uint64_t size, std::uint32_t sector = 512)
      : size_(size), sector_(sector) {}

  // A table with a root and BF_DATA, as for an image of that size.
  void LayOut(std::uint64_t image_size, std::uint64_t data_size, std::string_view type);
  // What a finished mkfs leaves, and one block of somebody's data.
  void PutFilesystem(std::uint64_t fs_size, const std::string& label, bool user_data);
  void Put(std::uint64_t offset, std::span<const std::byte> data);
  void Read(std::uint64_t offset, std::span<std::byte> data) const;

  // The next run ends in PowerCut after so many writes; of the one after those, the first
  // `torn_sectors` sectors still arrive.
  void CutAfter(int writes, int torn_sectors = 0) {
    budget_ = writes;
    torn_sectors_ = torn_sectors;
  }
  // Power is back: the kernel reads the table, nothing is mounted.
  void Boot();
  // False where the kernel finds no partitions, and so no root.
  bool boots() const { return boots_; }

  int writes() const { return writes_; }
  int formats() const { return formats_; }
  bool HasUserData() const;
  bool HasSkeleton() const;
  std::optional<disk::Ext4Super> Super(std::uint64_t offset = disk::kExt4SuperOffset) const;
  disk::GptState Table() const;

  DataFacts Observe() override;
  Status Do(const WriteTable& step) override;
  Status Do(const ResizePartition& step) override;
  Status Do(const WipeFree& step) override;
  Status Do(const WipePartition& step) override;
  Status Do(const MakeFilesystem& step) override;
  Status Do(const Populate& step) override;
  Status Do(const SetLabel& step) override;
  Status Do(const FinishSuperblock& step) override;
  Status Do(const CheckFilesystem& step) override;
  Status Do(const UndoRepairs& step) override;
  Status Do(const MountData& step) override;
  Status Do(const FixMountFlags& step) override;
  Status Do(const FixSkeleton& step) override;
  Status Do(const SaveUndo& step) override;
  Status Do(const GrowFilesystem& step) override;
  Status Do(const MountDegraded& step) override;

 private:
  void Write(std::uint64_t offset, std::span<const std::byte> data);
  void Zero(std::uint64_t offset, std::uint64_t size);
  void WriteSuper(std::uint64_t fs_size, const std::string& label, std::uint64_t super_at,
                  unsigned group);
  Status Relabel(std::uint64_t offset);
  disk::ReadDisk Reader(std::uint64_t base = 0) const;

  std::uint64_t size_;
  std::uint32_t sector_;
  std::map<std::uint64_t, std::vector<std::byte>> blocks_;  // of 4 KiB, by number; absent: zeros
  int budget_ = -1;
  int torn_sectors_ = 0;
  bool journaled_ = false;  // by ext4: such a write is there or not
  bool has_far_data_ = false;
  int writes_ = 0;
  int formats_ = 0;
  std::uint32_t mounts_ = 0;
  bool boots_ = false;
  facts::Disk disk_;
  std::optional<MountPoint> mount_;
};

}  // namespace bf::provision::data
