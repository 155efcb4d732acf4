// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/host/beneath.h"
#include "core/host/fd.h"
#include "core/host/spawn.h"
#include "provision/data/host.h"

namespace bf::provision::data {

class LinuxHost : public DataHost {
 public:
  explicit LinuxHost(std::string root) : root_(std::move(root)) {}
  // Gives back the memory of the undo logs.
  ~LinuxHost() override;
  LinuxHost(const LinuxHost&) = delete;
  LinuxHost& operator=(const LinuxHost&) = delete;

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
  std::string Device(const std::string& name) const;
  std::string Target(const std::string& path) const;
  // An ext4 nobody sees but through the descriptor; gone when that is closed.
  Result<host::UniqueFd> MountPrivately(const std::string& device, bool read_only) const;
  Result<std::string> RepairDirectory(std::uint64_t size);
  Status CheckRepaired(const CheckFilesystem& step) const;
  Status TryUndoLog(const host::Command& fsck, const std::string& undo_file) const;

  std::string root_;
  std::string repair_dir_;               // once made
  bool keep_logs_ = false;               // one could not be applied: somebody may need it
  std::vector<std::string> undo_files_;  // of repairs that ended well, oldest first
};

}  // namespace bf::provision::data
