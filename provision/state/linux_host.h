// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/beneath.h"
#include "provision/state/apply.h"

namespace bf::provision::state {

// Called before each durable change within a step, with its name. Tests end the process there.
using Checkpoint = std::function<void(std::string_view phase)>;

class LinuxHost : public Host {
 public:
  // `root`: the image. BF_DATA is below it, at `mount_point`.
  static Result<LinuxHost> Open(const std::string& root, const std::string& mount_point);

  // For all walks that give a tree to its project together.
  void AllowForWalks(std::chrono::milliseconds time) { walk_time_ = time; }
  void OnCheckpoint(Checkpoint checkpoint) { checkpoint_ = std::move(checkpoint); }

  Result<std::string> Do(const MoveAside& action) override;
  Result<std::vector<std::string>> Do(const Create& action) override;
  Status Do(const SetOwner& action) override;
  Result<ProjectWalk> Do(const SetProject& action) override;
  Status Do(const SetQuota& action) override;
  Status Do(const SetOwnerQuota& action) override;
  Status Do(const Bind& action) override;
  Status Do(const Harden& action) override;

 private:
  LinuxHost(host::Beneath image, host::Beneath data)
      : image_(std::move(image)), data_(std::move(data)) {}

  void At(std::string_view phase) const {
    if (checkpoint_) checkpoint_(phase);
  }
  // The source, opened for changing its attributes: of the right kind, on BF_DATA, with one name.
  Result<host::UniqueFd> OpenSource(const std::string& source, Kind kind) const;
  Result<host::UniqueFd> OpenParent(const std::string& source) const;

  host::Beneath image_;
  host::Beneath data_;
  Checkpoint checkpoint_;
  std::chrono::steady_clock::duration walk_time_ = std::chrono::seconds(20);
};

}  // namespace bf::provision::state
