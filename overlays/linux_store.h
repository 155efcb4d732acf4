// SPDX-License-Identifier: Apache-2.0
// overlay/NAME on BF_DATA: generations of an upper directory. Everything in it is opened with
// openat2 beneath BF_DATA.
//
//   generation-N/upper           what overlayfs writes to
//   generation-N/work            overlayfs' own
//   generation-N/stamp.json      which OS it was made on
//   generation-N/lower.manifest  what the image had then
//   generation-N/report.txt      what became of the changes when it was made
//   new                          a generation being built; becomes generation-N by one rename
//   discard-N                    a generation being removed
#pragma once

#include <string>

#include "core/host/beneath.h"
#include "overlays/facts.h"
#include "overlays/linux_tree.h"
#include "overlays/plan.h"

namespace bf::overlays {

class Store {
 public:
  Store(const host::Beneath& data, const std::string& name)
      : data_(data), dir_("overlay/" + name) {}

  StoreFacts Observe() const;
  Result<Entry> ScanUpper(unsigned generation) const;
  Result<Entry> ReadManifest(unsigned generation) const;

  Status SetAside(const StepHook& hook) const;
  Status Secure() const;
  Status Build(const BuildGeneration& action, int vendor_fd, const StepHook& hook) const;
  Status Restore(const RestoreGeneration& action, const StepHook& hook) const;
  Status RepairUpper(const struct RepairUpper& action) const;
  Status RepairWork(unsigned generation, const StepHook& hook) const;
  Status Retire(const struct Retire& action, const StepHook& hook) const;
  // upper and work are directories, reached without a symlink: checked right before mounting.
  Status CheckBeforeMount(unsigned generation) const;

 private:
  std::string Path(unsigned generation, std::string_view below = {}) const;
  GenerationFacts ObserveGeneration(unsigned number) const;
  void ObserveWork(GenerationFacts& generation, const struct stat& upper) const;
  Status Rename(const std::string& from, const std::string& to) const;

  const host::Beneath& data_;
  std::string dir_;
};

}  // namespace bf::overlays
