// SPDX-License-Identifier: Apache-2.0
// A machine in memory: keeps a table of mounts and a list of what was done, and fails on request.
#pragma once

#include "overlays/host.h"

namespace bf::overlays {

class FakeHost : public Host {
 public:
  explicit FakeHost(Facts facts, std::string data_mount_point = "/var/lib/betterframe")
      : facts_(std::move(facts)), data_(std::move(data_mount_point)) {}

  // Makes every action fail whose description starts with `prefix`.
  void FailOn(std::string prefix) { failing_.push_back(std::move(prefix)); }
  const std::vector<std::string>& done() const { return done_; }
  Facts& facts() { return facts_; }

  Status Do(const SetAside& action) override { return Note(action); }
  Status Do(const SecureStore& action) override { return Note(action); }
  Status Do(const BuildGeneration& action) override;
  Status Do(const RestoreGeneration& action) override;
  Status Do(const RepairUpper& action) override { return Note(action); }
  Status Do(const RepairWork& action) override { return Note(action); }
  Status Do(const Retire& action) override { return Note(action); }
  Status Do(const MountTmpfs& action) override;
  Status Do(const AdjustTmpfs& action) override;
  Status Do(const MountOverlay& action) override;
  Result<Facts> ReadBack() override { return facts_; }

 private:
  template <class T>
  Status Note(const T& action) {
    const std::string text = action.Describe();
    for (const auto& prefix : failing_) {
      if (text.starts_with(prefix)) return FailErrno(5, "made to fail");
    }
    done_.push_back(text);
    return {};
  }
  void AddMount(const std::string& target, const std::string& type, bool exec,
                std::vector<std::string> super_options);

  Facts facts_;
  std::string data_;
  std::vector<std::string> failing_;
  std::vector<std::string> done_;
};

}  // namespace bf::overlays
