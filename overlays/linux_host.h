// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "overlays/host.h"
#include "overlays/linux_tree.h"

namespace bf::overlays {

class LinuxHost : public Host {
 public:
  // `hook`: see StepHook; for tests of power cuts.
  LinuxHost(const Policy& policy, std::string root, StepHook hook = {})
      : policy_(policy), root_(std::move(root)), hook_(std::move(hook)) {}

  Status Do(const SetAside& action) override;
  Status Do(const SecureStore& action) override;
  Status Do(const BuildGeneration& action) override;
  Status Do(const RestoreGeneration& action) override;
  Status Do(const RepairUpper& action) override;
  Status Do(const RepairWork& action) override;
  Status Do(const Retire& action) override;
  Status Do(const MountTmpfs& action) override;
  Status Do(const AdjustTmpfs& action) override;
  Status Do(const MountOverlay& action) override;
  Result<Facts> ReadBack() override;

 private:
  template <class Work>
  Status WithStore(const std::string& name, Work work);
  Status MountOnData(const MountOverlay& action, const std::vector<std::string>& carry);
  Status MountOnTmpfs(const MountOverlay& action, const std::vector<std::string>& carry);
  std::string Under(const std::string& path) const;

  const Policy& policy_;
  std::string root_;
  StepHook hook_;
};

}  // namespace bf::overlays
