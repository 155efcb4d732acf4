// SPDX-License-Identifier: Apache-2.0
// Everything bf-overlay does to a machine. linux_host.h does it; fake_host.h plays it.
#pragma once

#include "overlays/plan.h"

namespace bf::overlays {

class Host {
 public:
  virtual ~Host() = default;
  virtual Status Do(const SetAside& action) = 0;
  virtual Status Do(const SecureStore& action) = 0;
  virtual Status Do(const BuildGeneration& action) = 0;
  virtual Status Do(const RestoreGeneration& action) = 0;
  virtual Status Do(const RepairUpper& action) = 0;
  virtual Status Do(const RepairWork& action) = 0;
  virtual Status Do(const Retire& action) = 0;
  virtual Status Do(const MountTmpfs& action) = 0;
  virtual Status Do(const AdjustTmpfs& action) = 0;
  virtual Status Do(const MountOverlay& action) = 0;
  // What is there afterwards, for the comparison with what was asked for. Only mounts, the
  // overlay module's defaults and paths need to be in it.
  virtual Result<Facts> ReadBack() = 0;
};

}  // namespace bf::overlays
